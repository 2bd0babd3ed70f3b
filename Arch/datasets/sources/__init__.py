"""The datasets, one file each; a public module here registers itself."""
