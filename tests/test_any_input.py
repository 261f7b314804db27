"""Whatever is in a file, an address or a message: it is read, or refused in one sentence.

`EXPLORER_EXAMPLES=1000000 pytest -m soak tests/test_any_input.py` tries a million of each kind.
"""

import io
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from explorer import config
from explorer.cli.assignments import set_value
from explorer.errors import ExplorerError
from explorer.explore import lecture
from explorer.explore.selection import described, read_selection
from explorer.latent_space.atlas import Atlas
from explorer.latent_space.playback import Playback
from explorer.map_component.map_event import read_event
from explorer.runs import folder as folders
from explorer.runs import weights
from explorer.system import toml_writer
from explorer.text import stream_file
from explorer.text.read_file import read
from explorer.text.tokens import Tokeniser
from explorer.text.vocabularies import VOCABULARIES
from explorer.ui.compare.runs import read_names, write_names
from explorer.ui.session.picks import read_pick, write_pick
from tests import records

COMMAND = "EXPLORER_EXAMPLES=1000000 pytest -m soak tests/test_any_input.py"
QUICK = 20
SOAK = int(os.environ.get("EXPLORER_EXAMPLES", "20000"))

SENTENCES = [f"a painter mends {number} chairs" for number in range(12)]
_AWKWARD = st.text('ab1.,;|\t"\\\n\r#=sep{}[]:\0\ufeffé\u202e\ud800 ', max_size=60)
TEXT = st.one_of(_AWKWARD, st.text(max_size=40), st.sampled_from(SENTENCES))
CORPUS = st.one_of(
    st.binary(max_size=200),
    st.lists(TEXT, max_size=8).map(lambda parts: "\n".join(parts).encode(errors="surrogatepass")),
    st.tuples(st.sampled_from(["utf-8-sig", "utf-16", "utf-32"]), TEXT).map(
        lambda item: item[1].encode(item[0], "surrogatepass")
    ),
)
SCALAR = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), TEXT, st.just(10**400), st.just(-0.0)
)
VALUE = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def _parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"text": SENTENCES, "label": ["x", "y"] * 6, "n": range(12)}), file)
    return file.getvalue()


PARQUET = _parquet()
CHANGES = st.lists(st.tuples(st.floats(0, 0.999999), st.integers(0, 255)), max_size=4)


def changed(data: bytes, changes: list[tuple[float, int]], end: float) -> bytes:
    """The data with some bytes changed, perhaps cut short."""
    mutable = bytearray(data)
    for position, value in changes:
        mutable[int(position * len(mutable))] = value
    return bytes(mutable[: int(end * len(mutable)) or None])


def refused(ask: Callable[[], Any]) -> ExplorerError | None:
    """The error of a call, which is one sentence; any other exception propagates."""
    try:
        ask()
    except ExplorerError as error:
        assert str(error)
        return error
    return None


def in_file(name: str, data: bytes, ask: Callable[[Path], Any]) -> ExplorerError | None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        return refused(lambda: ask(path))


COLUMN = st.sampled_from(["", "text", "b"])


@given(ending=st.sampled_from([".txt", ".csv", ".tsv", ".jsonl", ".gz"]), data=CORPUS, name=COLUMN)
def corpora(ending: str, data: bytes, name: str) -> None:
    file = f"a.csv{ending}" if ending == ".gz" else f"a{ending}"
    in_file(file, data, lambda path: read(path, name, name and "label"))
    in_file(file, data, lambda path: list(stream_file.sentences(path, name)))


@given(rows=st.lists(VALUE, max_size=6), name=COLUMN)
def json_lines(rows: list[Any], name: str) -> None:
    data = "\n".join(json.dumps(row) for row in rows).encode(errors="surrogatepass")
    in_file("a.jsonl", data, lambda path: read(path, name, name and "label"))
    in_file("a.jsonl", data, lambda path: list(stream_file.sentences(path, name)))


@given(changes=CHANGES, end=st.sampled_from([1.0, 0.9, 0.5]), name=COLUMN)
def parquet(changes: list[tuple[float, int]], end: float, name: str) -> None:
    data = changed(PARQUET, changes, end)
    in_file("a.parquet", data, lambda path: read(path, name, name and "label"))
    in_file("a.parquet", data, lambda path: list(stream_file.sentences(path, name)))
    in_file(folders.ATLAS, data, Atlas.load)
    in_file(folders.PLAYBACK, data, Playback.load)


@given(data=CORPUS, table=st.dictionaries(TEXT, VALUE, max_size=4))
def recipes(data: bytes, table: dict[str, Any]) -> None:
    in_file(folders.CONFIG, data, config.read)
    refused(lambda: config.from_table(table))
    for section in ("corpus", "model", "objective", "training", "atlas"):
        refused(lambda section=section: config.from_table({section: table}))


SETTINGS = [address for address, _, _ in config.settings()]


@given(address=st.sampled_from(SETTINGS), value=VALUE)
def settings_of_recipes(address: str, value: Any) -> None:
    table: dict[str, Any] = {"corpus": {"path": "a.txt"}}
    section, _, key = address.rpartition(".")
    (table.setdefault(section, {}) if section else table)[key] = value
    refused(lambda: config.from_table(table))
    refused(lambda: set_value({}, f"{address}={value}"))


FIGURES = st.dictionaries(
    st.sampled_from(["rate", "active_units", "importance_nll", "mutual_information", "verdict"]),
    st.one_of(
        VALUE,
        st.dictionaries(st.sampled_from(["value", "n", "error", "of", "low", "reason"]), SCALAR),
    ),
)


@given(data=CORPUS, metrics=st.one_of(VALUE, FIGURES))
def figures(data: bytes, metrics: Any) -> None:
    for content in (data, json.dumps(metrics).encode(errors="surrogatepass")):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / folders.METRICS).write_bytes(content)
            (folder / folders.HISTORY).write_bytes(content)
            folders.write_checksums(folder)
            refused(lambda folder=folder: folders.read_metrics(folder))
            refused(lambda folder=folder: folders.read_history(folder))
            (folder / folders.SUMS).write_bytes(content)
            refused(lambda folder=folder: folders.verify(folder, folders.METRICS))


@given(address=TEXT, text=TEXT, points=st.integers(0, 5), names=st.lists(TEXT, max_size=4))
def addresses(address: str, text: str, points: int, names: list[str]) -> None:
    pick = read_pick(address, text, points)
    assert read_pick(write_pick(pick), text, points) == pick or pick is None
    known = [name for name in dict.fromkeys(names) if name]
    assert read_names(write_names(known)) == known


SELECTION = st.lists(
    st.sampled_from(
        [
            *("label:a", "not", "(", ")", "and", "or", 'words:"a b"', "length:..4", "near:dog~5"),
            *(
                "regex:^a",
                "region:x",
                "split:test",
                "area:1,2;3,4;5,6",
                "rate:1..",
                '"',
                "\\",
                ":",
            ),
        ]
    ),
    max_size=12,
).map(" ".join)


@given(text=st.one_of(TEXT, SELECTION), data=CORPUS)
def selections(text: str, data: bytes) -> None:
    def ask() -> None:
        selection = read_selection(text)
        assert read_selection(str(selection)) == selection
        assert described(selection)

    refused(ask)
    in_file("scenes.toml", data, lecture.read)


@given(data=CORPUS, lines=st.lists(TEXT, max_size=8))
def vocabularies(data: bytes, lines: list[str]) -> None:
    words = "\n".join(["<pad>", "<bos>", "<eos>", "<unk>", *lines]).encode(errors="replace")
    for kind in VOCABULARIES.values():
        for content in (data, words):
            in_file(kind.FILE, content, kind.load)


@given(head=st.dictionaries(TEXT, VALUE, max_size=3), data=CORPUS, size=st.integers(0, 2**64 - 1))
def weights_of_runs(head: dict[str, Any], data: bytes, size: int) -> None:
    text = json.dumps(head).encode(errors="surrogatepass")
    for content in (
        data,
        size.to_bytes(8, "little") + data,
        len(text).to_bytes(8, "little") + text,
    ):
        in_file(folders.WEIGHTS, content, weights.read_shapes)
        in_file(folders.WEIGHTS, content, weights.read_weights)


MAPS = {
    name: (Path(__file__).parent / "fixtures" / "run-format-1" / name).read_bytes()
    for name in (folders.ATLAS, folders.PLAYBACK)
}


@example(name=folders.PLAYBACK, path=[4], value=0)
@given(name=st.sampled_from(list(MAPS)), path=st.lists(st.integers(0, 9), max_size=5), value=VALUE)
def descriptions(name: str, path: list[int], value: Any) -> None:
    """Of maps: one part of the JSON beside the columns is another value."""
    table = pq.read_table(io.BytesIO(MAPS[name]))
    key = b"explorer"
    description: Any = json.loads(table.schema.metadata[key])
    part = description
    for number, step in enumerate(path):
        keys = list(part) if isinstance(part, dict) else list(range(len(part)))
        at = keys[step % len(keys)] if keys else None
        if at is None or number == len(path) - 1 or not isinstance(part[at], dict | list):
            if at is not None:
                part[at] = value
            break
        part = part[at]
    text = json.dumps(description).encode(errors="surrogatepass")
    file = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({key: text}), file)
    in_file(name, file.getvalue(), Atlas.load if name == folders.ATLAS else Playback.load)


EVENT = st.dictionaries(
    st.sampled_from(["kind", "x", "y", "index", "serial", "view", "box", "shift"]),
    st.one_of(SCALAR, st.sampled_from(["point", "place", "box", "view"]), VALUE),
)


@given(payload=st.one_of(VALUE, EVENT))
@example(payload={"kind": "place", "x": 10**400, "y": 0, "index": 0, "serial": 0})
@example(payload={"kind": ["place"], "x": 0, "y": 0, "index": 0, "serial": 0})
def messages(payload: Any) -> None:
    read_event(payload)


@given(text=TEXT, lowercase=st.booleans(), split=st.booleans(), normalise=st.booleans())
def sentences(text: str, lowercase: bool, split: bool, normalise: bool) -> None:
    tokeniser = Tokeniser(lowercase, split, normalise)
    tokens = tokeniser.tokens(text)
    assert not any(token != token.strip() or not token for token in tokens)
    tokeniser.text(tokens)


@given(data=CORPUS)
def toml(data: bytes) -> None:
    try:
        toml_writer.parse(data.decode(errors="replace"))
    except (ValueError, ExplorerError) as error:
        assert str(error)


LAWS = [
    *(corpora, json_lines, parquet, recipes, settings_of_recipes),
    *(figures, addresses, messages, sentences, toml),
    *(selections, vocabularies, weights_of_runs, descriptions),
]


def check(law: Any, examples: int) -> None:
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.large_base_example]
    chosen = settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=slow
    )
    chosen(law)()


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_any_input_is_read_or_refused_in_a_sentence(law: Any) -> None:
    check(law, QUICK)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_very_many_inputs_are_read_or_refused_in_a_sentence(law: Any) -> None:
    check(law, SOAK)
    records.merge("any_input", COMMAND, {law.__name__.replace("_", " "): SOAK}, summed=True)
