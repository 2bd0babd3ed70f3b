"""The terminal: options, progress, signals and tables."""
