"""Classifies exceptions: whether the disk, the memory or the run itself failed."""

from __future__ import annotations

import errno

from Arch.errors import DiskError

_DISK_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ESTALE)

# from the allocators for GPU and CPU, from CUDA, and from cuBLAS and cuDNN (`..._STATUS_ALLOC_FAILED`)
_TORCH_PHRASES = ("out of memory", "can't allocate memory", "ALLOC_FAILED")


def is_disk_error(error: BaseException) -> bool:
    """Returns whether an error comes from the disk, not from the run: once it is repaired, the run can be made."""
    return isinstance(error, DiskError) or (isinstance(error, OSError) and error.errno in _DISK_ERRNOS)


def is_out_of_memory(error: BaseException) -> bool:
    """Returns whether an error means that memory ran out; torch is not imported: its errors are known by their text."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    is_torchs = isinstance(error, RuntimeError) and any(words in str(error) for words in _TORCH_PHRASES)
    return isinstance(error, MemoryError) or is_torchs


def message_of(error: BaseException) -> str:
    """Returns the error message, with advice when it is an out-of-memory error."""
    if not is_out_of_memory(error):
        return str(error)
    advice = "Memory ran out: use fewer workers at a time, a smaller BatchSize or a smaller network."
    return f"{str(error).rstrip('.')}. {advice}" if str(error) else advice
