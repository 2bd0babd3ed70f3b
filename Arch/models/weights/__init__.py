"""Reads weights, and loads them into networks of other sizes."""
