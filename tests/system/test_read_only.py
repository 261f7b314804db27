"""Laws of data that several readers share."""

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from explorer.system.read_only import read_only

DATA = {"a": {"value": 1.5, "rows": [3, 1, 2]}, "b": [[1], {}], "c": None}


def test_it_equals_what_it_was_made_of() -> None:
    shared = read_only(DATA)
    assert shared == DATA and json.dumps(shared) == json.dumps(DATA)
    assert isinstance(shared, dict) and isinstance(shared["a"]["rows"], list)
    assert shared["a"]["rows"][::-1] == [2, 1, 3] and sorted(shared["a"]["rows"]) == [1, 2, 3]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.update(a=1),
        lambda data: data["a"].__setitem__("value", 2),
        lambda data: data["a"].pop("value"),
        lambda data: data["a"].__delitem__("value"),
        lambda data: data["a"].setdefault("new", 1),
        lambda data: data["a"].clear(),
        lambda data: data["a"].popitem(),
        lambda data: data["a"].__ior__({"value": 2}),
        lambda data: data["a"]["rows"].append(1),
        lambda data: data["a"]["rows"].sort(),
        lambda data: data["a"]["rows"].reverse(),
        lambda data: data["a"]["rows"].__setitem__(0, 9),
        lambda data: data["a"]["rows"].__iadd__([9]),
        lambda data: data["a"]["rows"].__imul__(2),
        lambda data: data["b"][0].clear(),
        lambda data: data["b"][1].update(x=1),
    ],
)
def test_nothing_within_it_can_be_changed(change: Callable[[Any], object]) -> None:
    shared = read_only(DATA)
    with pytest.raises(TypeError, match="shared"):
        change(shared)
    assert shared == DATA


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda data: pickle.loads(pickle.dumps(data))])
def test_a_copy_can_be_changed_throughout(copied: Callable[[Any], Any]) -> None:
    shared = read_only(DATA)
    own = copied(shared)
    assert own == DATA
    own["a"]["rows"].append(4)
    own["a"]["value"] = own["b"][1]["x"] = 0
    assert shared == DATA
