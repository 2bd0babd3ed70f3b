"""The distillation losses, one file each; a public module here registers itself."""
