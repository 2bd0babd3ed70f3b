"""What networks are like: pure measures of predictions."""
