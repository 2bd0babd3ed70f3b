"""Cuts networks into generalized layers, and proves that each cut is exact."""
