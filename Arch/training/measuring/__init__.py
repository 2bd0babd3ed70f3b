"""Measures without training: passes over data whose sums can be checkpointed between two batches."""
