"""Reads weight files, downloads published weights, and loads them into networks of other sizes."""
