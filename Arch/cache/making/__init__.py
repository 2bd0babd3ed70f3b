"""Making a run: taking its lease, writing it, committing it."""
