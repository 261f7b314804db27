"""Tests: laws, on real input where it matters."""

import sys
from collections import Counter
from collections.abc import Callable
from functools import reduce, wraps
from typing import Any

from beartype import BeartypeConf, beartype

_MOST = 20
"""Calls of a function that a test checks; all of them would take as long as the tests."""

_check = beartype(conf=BeartypeConf(is_pep484_tower=True))  # an int may stand for a float
_calls: Counter[tuple[str, str]] = Counter()
_resting: list[Callable] = []


def typechecker(function: Callable) -> Callable:
    """Checks the first annotated calls of each function in each test."""
    checked = _check(function)
    name = function.__module__, function.__qualname__

    @wraps(checked)
    def counted(*args: Any, **kwargs: Any) -> Any:
        _calls[name] += 1
        if _calls[name] == _MOST:
            _rest(*name)
        return checked(*args, **kwargs)

    return counted


def check_again() -> None:
    """Lets the next test check all functions."""
    for function in _resting:
        del function.__no_type_check__
    _resting.clear()
    _calls.clear()


def _rest(module: str, qualname: str) -> None:
    """Lets jaxtyping skip a function, if it can be reached by its name."""
    try:
        found: Any = reduce(getattr, qualname.split("."), sys.modules[module])
    except (AttributeError, KeyError):
        return
    found = getattr(found, "fget", found)  # a property
    function = getattr(found, "__func__", found)  # a class method
    if callable(function) and not isinstance(function, type):
        function.__no_type_check__ = True
        _resting.append(function)
