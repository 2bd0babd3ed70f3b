"""From many configs to the runs that are missing: what to run, in which order, and running it."""
