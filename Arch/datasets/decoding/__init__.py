"""Reads image files and arrays, and stores the decoded arrays."""
