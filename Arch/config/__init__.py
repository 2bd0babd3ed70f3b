"""From a JSON config to an identity: rules, schema, resolution, fingerprint."""
