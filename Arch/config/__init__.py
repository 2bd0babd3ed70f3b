"""From a JSON file to a resolved config: rules, types of values, references, fingerprint."""
