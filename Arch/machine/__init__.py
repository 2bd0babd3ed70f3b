"""The machine and the installation: cores, memory, other programs, and the paths of the package's files."""
