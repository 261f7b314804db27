"""Few malloc arenas for many threads, so that the memory of a server stays flat.

glibc gives threads arenas of their own, up to eight a core, and memory freed in one arena serves
no other. Of 30 people on two cores (`tests.benchmarks.crowd`), the page's process grew from 570
to 940 MB with sixteen arenas, two thirds of them free memory, and to 750 MB with two.
"""

import ctypes
import os

_M_ARENA_MAX = -8
"""From <malloc.h>."""
ARENAS = 2


def share() -> None:
    """Limits malloc to two arenas in all; does nothing with an allocator other than glibc's.

    Only arenas to come are limited: call it before threads start. `MALLOC_ARENA_MAX` in the
    environment takes precedence.
    """
    if "MALLOC_ARENA_MAX" in os.environ:
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, TypeError, AttributeError):  # musl, macOS, Windows
        return
    mallopt(_M_ARENA_MAX, ARENAS)
