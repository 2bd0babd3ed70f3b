"""Fits a network: batches, optimizer steps, evaluation, the best epoch."""
