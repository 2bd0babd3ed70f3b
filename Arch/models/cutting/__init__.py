"""Layers of a network: running them, checking that they compose to its forward, hooks where it cannot be cut."""
