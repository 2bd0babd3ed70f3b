"""A cache's files, and a migration as the command applies it."""

from Arch import files
from Arch.upkeep.rehash import migration


def entries(root):
    """Returns the files of experiments, without derived and hidden files and leftovers of killed writers."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != "Result.json" and path.relative_to(root).parts[0][0] != "."
        if not files.is_temporary(path.name)
    }


def apply(root, moves):
    """Completes an interrupted migration, or starts one, as the command does."""
    journal = migration.read(root)
    if journal is None or journal.phase == "applied":
        journal = migration.begin(root, moves)
    return migration.apply(root, journal)
