"""The networks, one family per file; a public module here registers itself."""
