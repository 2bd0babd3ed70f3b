"""The machine and the installation: cores, memory, other programs, and where the package's files lie."""
