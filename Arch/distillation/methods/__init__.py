"""The distillation methods, one file each; every public module registers its own."""
