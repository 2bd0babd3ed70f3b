"""The files of attempts at a run: log, progress, checkpoints, failure."""
