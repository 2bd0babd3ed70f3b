"""Finished runs on disk: their records, manifests and files."""
