"""Where the workers of a sweep run, one executor per file."""
