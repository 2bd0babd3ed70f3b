"""What experiments produced, one folder per fingerprint; looking never writes, and a crash never tears."""
