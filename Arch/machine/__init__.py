"""The machine and the installation: limits of containers and processes, and where the package's files lie."""
