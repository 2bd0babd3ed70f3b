"""The two programs: arguments in, words and figures out."""
