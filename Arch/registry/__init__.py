"""Registries of components by name, and the owners of what they hold: the package and plugins."""
