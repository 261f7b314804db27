"""A thread-safe LRU cache."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakSet

Value = TypeVar("Value")
_caches: "WeakSet[Cache[Any]]" = WeakSet()


class Cache(Generic[Value]):
    """Keeps the most recently used values; concurrent requests share one computation.

    A run in a key is compared by identity, so that a retrained run is another key.

    Args:
        size: Maximum number of values.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._computing: dict[Hashable, Lock] = {}
        self._lock = Lock()
        _caches.add(self)

    def get(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """The value of a key, computed if missing; an exception is not cached."""
        while True:
            with self._lock:
                if key in self._values:
                    self._values.move_to_end(key)
                    return self._values[key]
                turn = self._computing.setdefault(key, Lock())
            with turn:
                with self._lock:
                    is_turn = self._computing.get(key) is turn
                if is_turn:  # else it was computed meanwhile, or failed and has another turn
                    return self._compute(key, compute)

    def _compute(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        try:
            value = compute()
            with self._lock:
                self._values[key] = value
                while len(self._values) > self._size:
                    self._values.popitem(last=False)
        finally:
            with self._lock:
                self._computing.pop(key, None)
        return value

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._values

    def drop(self, part: object) -> None:
        """Removes the values whose key is an object, or a tuple that holds it."""
        with self._lock:
            for key in list(self._values):
                if any(item is part for item in (key if isinstance(key, tuple) else (key,))):
                    del self._values[key]


def forget(part: object) -> None:
    """Removes what any cache holds for an object, such as a run that is closed."""
    for cache in list(_caches):
        cache.drop(part)
