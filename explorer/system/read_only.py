"""Lists and dictionaries that several readers share, so that none may change them."""

from collections.abc import Callable
from typing import Any, NoReturn


def _refuse(self: Any, *_: Any, **__: Any) -> NoReturn:
    raise TypeError("this is shared and read-only: copy it first, for example with copy.deepcopy")


class ReadOnlyList(list[Any]):
    """A list without the operations that change it; what it makes of itself is a plain one."""

    append = extend = insert = remove = pop = clear = sort = reverse = _refuse
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """A copy, or one in another process, can be changed."""
        return list, (list(self),)


class ReadOnlyDict(dict[Any, Any]):
    """A dictionary without the operations that change it."""

    update = pop = popitem = clear = setdefault = _refuse
    __setitem__ = __delitem__ = __ior__ = _refuse

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """As of `ReadOnlyList`."""
        return dict, (dict(self),)


def read_only(data: Any) -> Any:
    """JSON data, all of whose lists and dictionaries are read-only."""
    if isinstance(data, dict):
        return ReadOnlyDict({key: read_only(value) for key, value in data.items()})
    return ReadOnlyList(map(read_only, data)) if isinstance(data, list) else data
