"""What attempts at a run leave on disk: log, progress, checkpoints, failure."""
