"""The networks that a study is given: those of other experiments, and foreign ones."""
