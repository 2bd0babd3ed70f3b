"""Makes a run: takes its lease, writes it, commits it."""
