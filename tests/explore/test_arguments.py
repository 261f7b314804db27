"""Laws of a run's questions at their edges: an answer or a sentence of what is wrong."""

import copy
import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from jaxtyping import config

from explorer.errors import ExplorerError
from explorer.evaluation.metric_text import interval
from explorer.explore import export_map
from explorer.explore.point_colours import MAX_CLASSES, categories
from explorer.explore.run import Run, open_run
from explorer.latent_space import projections
from explorer.models.decoding_settings import Decoding


@pytest.fixture
def run(tiny_run: Path) -> Run:
    return open_run(str(tiny_run))


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Annotations are checked in tests only."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


@pytest.mark.parametrize(
    "ask",
    [
        lambda run: run.sample(1.5),
        lambda run: run.sample(-1),
        lambda run: run.prior_samples(2, seed=0.5),
        lambda run: run.interpolate("a dog", "a girl", steps=2.5),
        lambda run: run.path("a dog", "a girl", steps="3"),
        lambda run: run.neighbours("a dog", k=2.5),
        lambda run: run.neighbours("a dog", k=True),
        lambda run: run.around(np.zeros(4), np.ones(4), k=0.5),
        lambda run: run.analogy("a", "b", "c", k="much"),
        lambda run: run.analogy("a", "b", "c", k=[np.nan]),
        lambda run: run.traverse("a", 0.5, [1.0]),
        lambda run: run.traverse("a", 9, [1.0]),
        lambda run: run.traverse("a", 0, [[1.0]]),
        lambda run: run.decode([[1.0, 2.0], [3.0]]),
        lambda run: run.decode("a dog"),
        lambda run: run.cycle(np.zeros(3)),
        lambda run: run.encode(None),
        lambda run: run.score("a dog"),
        lambda run: run.score([b"a dog"]),
        lambda run: run.unknown(None),
        lambda run: run.unknown_share("a dog"),
        lambda run: run.locate_texts("a dog"),
        lambda run: run.search(None),
        lambda run: run.search("dog", limit=np.float32(2)),
        lambda run: run.matching(["dog"]),
        lambda run: run.at("1", 0),
        lambda run: run.at(10**400, 0),
        lambda run: run.locate(np.full((1, 4), np.nan)),
        lambda run: run.locate(np.zeros((1, 4), complex)),
        lambda run: run.cosines(np.zeros((1, 4), bool), ["a dog"]),
        lambda run: run.around(np.zeros(4), np.ones(3)),
        lambda run: run.around(np.zeros(4), -1),
        lambda run: run.around(np.zeros(4), "x"),
        lambda run: Decoding(seed=1.5),
        lambda run: Decoding(top_k="all"),
        lambda run: Decoding(temperature=None),
    ],
)
def test_a_wrong_argument_is_a_sentence(ask, run: Run, unchecked: None) -> None:
    with pytest.raises(ExplorerError):
        ask(run)


def test_numbers_of_any_library_are_numbers(run: Run, unchecked: None) -> None:
    z = torch.zeros(1, 4, requires_grad=True)
    assert run.decode(z) == run.decode(np.zeros((1, 4), np.float32))
    assert run.neighbours(z[0], k=np.int64(2)) == run.neighbours(np.zeros(4, np.float32), k=2)
    assert run.analogy("a", "b", "c", k=1.0).shape == run.analogy("a", "b", "c").shape == (1, 4)
    assert Decoding(seed=np.int64(3), temperature=np.float32(0.5)).seed == 3


@pytest.mark.parametrize(
    "ask",
    [
        lambda run, texts: run.encode(texts),
        lambda run, texts: run.score(texts)[0],
        lambda run, texts: run.nats_per_word(texts),
        lambda run, texts: run.out_of_domain(texts),
        lambda run, texts: run.unknown_share(texts),
        lambda run, texts: run.locate_texts(texts).z,
        lambda run, texts: np.array(run.reconstruct(texts)),
    ],
)
def test_sentences_may_come_one_by_one_or_in_an_array(ask, run: Run, unchecked: None) -> None:
    texts = ["a dog runs", "two men play"]
    expected = ask(run, texts)
    for other in ((text for text in texts), np.array(texts), tuple(texts)):
        np.testing.assert_array_equal(ask(run, other), expected)


def test_no_samples_are_none(run: Run) -> None:
    assert run.sample(0) == []
    assert run.prior_samples(0).shape == (0, 4)


def test_a_run_is_read_from_its_folder_wherever_the_program_goes(
    tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny_run.parent)
    run = open_run(f"./{tiny_run.name}")
    monkeypatch.chdir(tmp_path)
    assert run.decode(np.zeros((1, 4), np.float32)) and run.history and run.atlas is not None


def by_bytes(run: Run) -> Run:
    return pickle.loads(pickle.dumps(run))


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, by_bytes])
def test_a_run_can_be_copied_and_sent(again, run: Run) -> None:
    z = np.zeros((1, 4), np.float32)
    assert again(run).decode(z) == run.decode(z)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.0004, -0.0012, "−0.001 to 0.000"),
        (-0.0004, 0.0004, "0.000 to 0.000"),
        (-12.0, -1.5, "−12.0 to −1.500"),
        (-1234.5, 2.0, "−1,234.5 to 2.000"),
    ],
)
def test_an_interval_ascends_and_has_minus_signs(low: float, high: float, words: str) -> None:
    assert interval(low, high) == words


def test_more_classes_than_colours_are_said_to_be() -> None:
    colours = categories([f"label {n}" for n in range(MAX_CLASSES + 7)], "Label")
    assert "the first 250 of 257; the others are grey" in colours.title
    assert "grey" not in categories(["a", "b"], "Label").title


def test_a_picture_has_no_boxes_for_letters() -> None:
    from PIL import ImageFont

    font = ImageFont.load_default(15)
    assert export_map._has_glyphs(font, "two dogs, 3 “cats”")
    for text in ("犬が眠る", "कुत्ता", "מילה", "café"):
        assert not export_map._has_glyphs(font, text)


@pytest.mark.parametrize("is_writable", [True, False])
def test_umap_finds_a_cache_where_nothing_else_can_be_written(
    is_writable: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(projections.tempfile, "tempdir", None)
    monkeypatch.setattr(projections.os, "access", lambda path, mode: is_writable)
    projections._allow_compiling()
    made = projections.os.environ.get("NUMBA_CACHE_DIR")
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    assert (made is None) == is_writable
    if made:
        assert Path(made).stat().st_mode & 0o777 == 0o700  # what is cached is executed
