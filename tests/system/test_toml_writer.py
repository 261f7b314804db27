"""Laws of reading TOML from anyone: within limits, which count keys and brackets alone."""

import os
import time
import tomllib
from pathlib import Path

import pytest

from explorer import config as configs
from explorer.cli.assignments import set_value
from explorer.errors import ExplorerError
from explorer.system import toml_writer

DOTS, BRACKETS = ".a" * 20, "[" * 40
MANY = ".a" * 20_000

LARGE = {
    "a key": f"seed{MANY} = 1",
    "few parts": f"seed{'.a' * 1200} = 1",
    "quoted parts": "seed" + ' . "a"' * 20_000 + " = 1",
    "a table": f"[a{MANY}]",
    "an inline table": f"seed = {{ b{MANY} = 1 }}",
    "behind strings": f'x = \'\'\'it\'\'\'\'\' # """\ny = """a\\""""""\nseed{MANY} = 1',
    "brackets": "seed = " + "[" * 900,
    "inline tables": "seed = " + "{a=" * 900,
    "size": "#" * (toml_writer.LARGEST + 1),
}


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE)
def test_a_small_recipe_takes_no_time_and_is_refused_by_name(text: str, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    start = time.process_time()
    with pytest.raises(ExplorerError) as caught:
        configs.read(path)
    assert time.process_time() - start < 2
    assert str(path) in str(caught.value) and len(str(caught.value)) < 500


@pytest.mark.parametrize("key", [f"seed{'.a' * 1200}=1", f"seed={{ b{MANY}=1 }}"])
def test_an_assignment_has_the_same_limits(key: str) -> None:
    with pytest.raises(ExplorerError, match="--set"):
        set_value({}, key)


@pytest.mark.parametrize(
    "text",
    [
        f"x = '{DOTS}' # {DOTS} {BRACKETS}",
        f'x = "\\"{BRACKETS}"\ny = """"{DOTS}\\"""{BRACKETS}"""""\nz = 1',
        f"x = ''''{DOTS}\n\\'''''\ny = 1",
        "a.b.c.d.e.f.g.h = 1",
        "x = [1.5, 1979-05-27T07:32:00.5Z]\n" + "\n" * 1000,
        "x = [\n" + "[1, 2],\n" * 1000 + "]",
    ],
)
def test_strings_and_comments_hold_what_they_like(text: str) -> None:
    assert toml_writer.parse(text) == tomllib.loads(text)


@pytest.mark.parametrize("unit", ['\\"""', "'''", "'", '"', "x", "x ", "x.", " .", "#", "{", "\\"])
def test_the_limits_themselves_are_quick_to_check(unit: str) -> None:
    text = f"x = {unit * (toml_writer.LARGEST // len(unit) - 10)}"
    start = time.process_time()
    with pytest.raises(ValueError):
        toml_writer.parse(text)
    assert time.process_time() - start < 5


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names on this system")
def test_a_pipe_is_no_recipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.toml")
    with pytest.raises(ExplorerError, match="not a regular file"):
        configs.read(tmp_path / "config.toml")
