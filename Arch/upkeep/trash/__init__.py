"""Removes experiments into a trash, and restores them."""
