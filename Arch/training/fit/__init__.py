"""Fits a network: batches, optimizer steps, evaluations, the best epoch."""
