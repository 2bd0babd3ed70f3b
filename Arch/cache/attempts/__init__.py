"""What attempts at a run leave on disk: logs, progress, checkpoints, failures."""
