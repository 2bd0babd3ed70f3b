"""Executors, which start the workers of a sweep: one per file."""
