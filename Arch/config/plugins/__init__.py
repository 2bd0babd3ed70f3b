"""Plugin files: reading, checking and running them."""
