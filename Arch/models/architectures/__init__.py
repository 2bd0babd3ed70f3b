"""The networks, one family per file; every public module registers its own."""
