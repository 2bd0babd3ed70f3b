"""Registries of components by name, and the scopes in which plugins add to them."""
