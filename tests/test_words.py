"""The names and docstrings of the package use the terms of the field."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "explorer"

NAME_PARTS = {
    *(
        "told",
        "said",
        "spoken",
        "found",
        "kept",
        "way",
        "ways",
        "place",
        "places",
        "look",
        "looks",
    ),
}
"""Parts of names that say nothing: better are the noun of the thing, `index`, `position`."""

IN_PROSE = re.compile(r"\b(told|said|kept|ways?|places?|looks?|spoken)\b", re.IGNORECASE)
"""In docstrings; `found` is left out, since files are."""

RIGHT_ENGLISH = re.compile(
    r"in\s+place|(is|are|but)\s+kept|look(s|ed)? up|"
    r"looks (like|alike|flat|separate)|all the way|both ways|by the way|"
    r"`[^`]*`",
    re.IGNORECASE,
)

ALLOWED = {
    "FileNotFoundError",
    "content_words_kept",  # a metric of `metrics.json`
    "ModuleNotFoundError",
    "PackageNotFoundError",
    "look",  # of a dilated block: saved weights have this name
    "spoken",  # of a map, for screen readers
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.arg(arg=name) | ast.Attribute(attr=name):
                yield node.lineno, name
            case ast.Name(id=name, ctx=ast.Store()):
                yield node.lineno, name


def docstrings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Also those of attributes and constants."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield node.lineno, RIGHT_ENGLISH.sub("", text)


def parts(name: str) -> set[str]:
    return {part.lower() for part in re.findall(r"[A-Z]?[a-z]+", name)}


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_names_and_docstrings_use_the_terms_of_the_field(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bad = [f"{path.stem}.py is named so"] if parts(path.stem) & NAME_PARTS else []
    bad += [
        f"line {line}: the name {name}"
        for line, name in names(tree)
        if parts(name) & NAME_PARTS and name not in ALLOWED
    ]
    bad += [
        f"line {line}: “{match[0]}” in “{text[max(0, match.start() - 30) : match.end() + 30]}”"
        for line, text in docstrings(tree)
        for match in IN_PROSE.finditer(text)
        if match[0] not in ALLOWED
    ]
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize(
    ("source", "is_good"),
    [
        ("found = 1", False),
        ("def to_place(): ...", False),
        ("class Told: ...", False),
        ("def f(ways): ...", False),
        ("foundation, placement, awaiting = 1, 2, 3", True),
    ],
)
def test_a_word_in_a_name_is_noticed_and_part_of_a_word_is_not(source: str, is_good: bool) -> None:
    (tree,) = [ast.parse(source)]
    assert is_good == (not any(parts(name) & NAME_PARTS for _, name in names(tree)))
