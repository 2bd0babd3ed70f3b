"""The trainers, one kind of study per file; every public module of this package registers its trainer."""
