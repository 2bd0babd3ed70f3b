"""Resolves a JSON file to a config: rules, types of values, references, fingerprint."""
