"""The trainers, one kind of study per file; a public module here registers itself."""
