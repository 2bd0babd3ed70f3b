"""Reads and writes whole files; every file-system call that touches the cache passes through `Arch.files.system_calls`.

An error of the system becomes a `DiskError` that says what to do. That a file is absent or exists already is no error
of the disk: readers raise `FileNotFoundError`, and `write_new` and `rename_new` return False.
"""

from Arch.files.folders import (
    make_folder,
    remove,
    remove_empty_folder,
    remove_tree,
    rename_new,
    rename_over,
    sync_file,
    sync_folder,
)
from Arch.files.links import is_link, link_on_the_way, target_of
from Arch.files.lock_files import LockFile, create_lock_file, is_locked, remove_abandoned
from Arch.files.measuring import Measure, measure
from Arch.files.opening import open_file, require_file
from Arch.files.reading import (
    MOST_OF_RUNS,
    changed_at,
    exists,
    files_below,
    is_file,
    json_object,
    list_folder,
    read_bytes,
    read_end,
    read_from,
    read_json,
    read_start,
    size_and_sha256,
    size_of,
)
from Arch.files.staging import (
    StagedFolder,
    is_abandoned,
    last_change,
    remove_if_abandoned,
    remove_staged,
    staged_folders,
)
from Arch.files.writing import (
    append,
    is_temporary,
    json_text,
    open_to_append,
    touch,
    write_atomically,
    write_json,
    write_new,
    write_synced,
)

__all__ = [
    "MOST_OF_RUNS",
    "LockFile",
    "Measure",
    "StagedFolder",
    "append",
    "changed_at",
    "create_lock_file",
    "exists",
    "files_below",
    "is_abandoned",
    "is_file",
    "is_link",
    "is_locked",
    "is_temporary",
    "json_object",
    "json_text",
    "last_change",
    "link_on_the_way",
    "list_folder",
    "make_folder",
    "measure",
    "open_file",
    "open_to_append",
    "read_bytes",
    "read_end",
    "read_from",
    "read_json",
    "read_start",
    "remove",
    "remove_abandoned",
    "remove_empty_folder",
    "remove_if_abandoned",
    "remove_staged",
    "remove_tree",
    "rename_new",
    "rename_over",
    "require_file",
    "size_and_sha256",
    "size_of",
    "staged_folders",
    "sync_file",
    "sync_folder",
    "target_of",
    "touch",
    "write_atomically",
    "write_json",
    "write_new",
    "write_synced",
]
