"""What this machine has: memory limits of containers and processes."""
