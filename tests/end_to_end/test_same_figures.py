"""Figures depend on neither threads nor batches, and rounding moves none that draws nothing.

Those that draw from the posterior or the model have one stream a sentence, by its position and by
the type of number: another order or double precision is another sample of the same size.
"""

import copy
import math
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from explorer.evaluation.context import HeldOut
from explorer.evaluation.evaluate import evaluate
from explorer.models import batch_inference, dataset
from explorer.models.vae import TextVAE
from explorer.pipeline.evaluate import _held_out
from explorer.runs import weights
from explorer.text.vocabulary import Vocabulary

pytestmark = pytest.mark.slow

TOLERANCE = 1e-6
"""Relative, for figures that draw nothing or the same."""

DRAWN = {
    *("distortion", "elbo", "elbo_ppl", "importance_nll", "importance_ppl", "importance_ess"),
    *("open_vocabulary_ppl", "bound_gap", "mutual_information", "marginal_kl"),
    *("shuffled_z_gap", "prior_z_gap", "cycle_distance"),
    *("nearest_training", "distinct_1", "distinct_2", "novelty", "self_bleu"),
}
"""Figures of draws that another order or type of number replaces."""

Figures = dict[str, float | None]


class Measured:
    """The tiny run, and its figures."""

    def __init__(self, folder: Path) -> None:
        config, self.vocabulary, self.model = weights.load_model(folder)
        self.held_out = _held_out(dataset.load(config, self.vocabulary))
        self.first = figures(self.model, self.vocabulary, self.held_out)


def figures(model: TextVAE, vocabulary: Vocabulary, held_out: HeldOut) -> Figures:
    entries = evaluate(model, vocabulary, held_out, samples=20, drawn=30)
    return {name: entry["value"] for name, entry in entries.items()}


def differ(first: Figures, second: Figures, tolerance: float) -> set[str]:
    """The figures that are not the same within a tolerance; one that is missing has no value."""
    assert first.keys() == second.keys() and len(first) > 20
    return {name for name in first if not is_close(first[name], second[name], tolerance)}


def is_close(first: float | None, second: float | None, tolerance: float) -> bool:
    if first is None or second is None:
        return first is second
    return math.isclose(first, second, rel_tol=tolerance, abs_tol=tolerance)


@pytest.fixture(scope="module")
def run(tiny_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Measured:
    folder = shutil.copytree(tiny_run, tmp_path_factory.mktemp("measured") / "tiny")
    return Measured(Path(folder))


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1 if before > 1 else 2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_figures_depend_on_no_threads(run: Measured) -> None:
    again = figures(run.model, run.vocabulary, run.held_out)
    assert not differ(run.first, again, TOLERANCE)


@pytest.mark.parametrize("size", [7, 1000])
def test_figures_depend_on_no_batches(
    size: int, run: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    functions: list[Callable[..., object]] = [batch_inference.batches, batch_inference.distortions]
    for function in functions:
        inner = getattr(function, "__wrapped__", function)
        defaults = tuple(
            size if value == batch_inference.BATCH else value for value in inner.__defaults__ or ()
        )
        monkeypatch.setattr(inner, "__defaults__", defaults)
    assert figures(run.model, run.vocabulary, run.held_out) == run.first


def test_another_order_changes_what_is_drawn_alone(run: Measured) -> None:
    backwards = run.held_out.select(list(range(len(run.held_out.ids)))[::-1])
    again = figures(run.model, run.vocabulary, backwards)
    assert differ(run.first, again, TOLERANCE) <= DRAWN


def test_single_precision_is_enough_for_all_that_is_not_drawn(run: Measured) -> None:
    torch.set_default_dtype(torch.float64)
    try:
        again = figures(copy.deepcopy(run.model).double(), run.vocabulary, run.held_out)
    finally:
        torch.set_default_dtype(torch.float32)
    assert differ(run.first, again, TOLERANCE) <= DRAWN
