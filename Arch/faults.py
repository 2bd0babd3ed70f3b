"""What an exception means: whether the disk, memory or the run itself failed."""

from __future__ import annotations

import errno

from Arch.errors import DiskError

_FAULTS_OF_DISKS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ESTALE)


# of its allocators on GPUs and processors, of CUDA itself, and of cuBLAS and cuDNN (`..._STATUS_ALLOC_FAILED`)
_WORDS_OF_TORCH = ("out of memory", "can't allocate memory", "ALLOC_FAILED")


def is_disks(error: BaseException) -> bool:
    """Whether an error is the disk's doing and not the run's: once that is mended, the run is to be made."""
    return isinstance(error, DiskError) or (isinstance(error, OSError) and error.errno in _FAULTS_OF_DISKS)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out; torch's own are known by their words, since torch is not here."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    is_torchs = isinstance(error, RuntimeError) and any(words in str(error) for words in _WORDS_OF_TORCH)
    return isinstance(error, MemoryError) or is_torchs


def sentence(error: BaseException) -> str:
    """What an error says; where memory ran out also what to do, which whoever raises that cannot know."""
    if not is_out_of_memory(error):
        return str(error)
    advice = "Memory ran out: use fewer workers at a time, a smaller BatchSize or a smaller network."
    return f"{str(error).rstrip('.')}. {advice}" if str(error) else advice
