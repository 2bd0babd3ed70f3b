"""Tests, folder by folder as in Arch."""
