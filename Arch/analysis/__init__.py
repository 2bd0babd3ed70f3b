"""Analysis of networks: pure functions that measure predictions."""
