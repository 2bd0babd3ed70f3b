"""Makes a run, from its first step to its commit: stages, checkpoints, log, provenance."""
