"""How long work reports on itself."""

from collections.abc import Callable

StageProgress = Callable[[str, float], None]
"""Called with the name of a stage and the fraction of it that is done, 0 to 1."""
