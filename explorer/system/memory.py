"""Recognises that memory ran out, whichever library noticed."""

_TORCH = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "bad_alloc",
    "could not create a primitive",  # of oneDNN, which names no cause
)
"""Parts of the messages of PyTorch's RuntimeError."""


def is_exhausted(error: BaseException) -> bool:
    """Whether an exception means that memory ran out."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(part in str(error) for part in _TORCH)
