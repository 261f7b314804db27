"""z as a few codes: one of them is swapped, and the sentence changes in part."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int

from explorer.config import Config
from explorer.experiments import everyday_sentences
from explorer.experiments.experiment import (
    BARS,
    Chart,
    Experiment,
    Figure,
    Link,
    Outcome,
    Series,
    Table,
    Watch,
    setting,
)
from explorer.experiments.sentences import CAPTIONS, SPECIFIC
from explorer.explore import run_codes
from explorer.explore.coded_run import CodedRun
from explorer.explore.run import open_run
from explorer.explore.small_model import SmallModel, train_small

if TYPE_CHECKING:
    from explorer.training.progress import Report

_PART = 4
"""Numbers that a code stands for."""
_SWAPPED = 100
"""Held-out sentences whose codes are swapped."""
_TRAINING = 0.9
"""Of the time."""
_CHANGES, _USED = 0.6, 0.5
"""Least fraction of swaps that change a sentence, and of the categories in use."""


@dataclass(frozen=True)
class Settings:
    """What may be changed."""

    codes: int = setting(8, "codes of a sentence", 1, 32)
    categories: int = setting(16, "values of each code", 2, 256)
    sentences: int = setting(3000, "everyday sentences to train on", 200, 9000)
    epochs: int = setting(8, "epochs", 1, 40)
    run: str = setting("", "use this run instead (empty: train a model here)")


def recipe(settings: Settings, seed: int) -> Config:
    """A small VAE of codebooks: the nearest vector of each part of z is what the decoder sees.

    Source:
        van den Oord et al. (2017), Neural Discrete Representation Learning. arXiv:1711.00937
    """
    latent = {
        "name": "codebook",
        "codes": settings.codes,
        "num_categories": settings.categories,
    }
    model = {
        "latent_dim": _PART * settings.codes,
        "latent": latent,
        "prior": {"name": "uniform"},
    }
    changed = {"model": model, "training": {"learning_rate": 0.004}}
    return everyday_sentences.recipe(seed, settings.epochs, changed)


@dataclass(frozen=True)
class Swaps:
    """Sentences decoded, and decoded again with each code in turn swapped."""

    codes: Int[np.ndarray, "n codes"]
    becomes: Int[np.ndarray, "n codes"]
    """The category each code is set to: that of another sentence."""
    before: Sequence[str]
    after: Sequence[Sequence[str]]
    """A list for every sentence: decoded with one code swapped."""

    @property
    def changed(self) -> list[float]:
        """For each code the fraction of its swaps that change the sentence."""
        return [
            float(
                np.mean(
                    [text != row[code] for text, row in zip(self.before, self.after, strict=True)]
                )
            )
            for code in range(self.codes.shape[1])
        ]

    @property
    def overlap(self) -> float:
        """Mean overlap of a sentence with itself after a swap that changes it, 0 to 1."""
        pairs = [
            (text, other)
            for text, row in zip(self.before, self.after, strict=True)
            for other in row
            if text != other
        ]
        return _overlap(pairs)

    @property
    def overlap_between(self) -> float:
        """Mean overlap of two different sentences."""
        return _overlap(zip(self.before, [*self.before[1:], self.before[0]], strict=True))


def swaps(run: CodedRun | SmallModel, texts: Sequence[str], seed: int) -> Swaps:
    """Swaps every code of every sentence, one at a time, for the category of another sentence.

    Args:
        run: Of codes.
        texts: Sentences.
        seed: Of the others.

    Raises:
        ExplorerError: If the latent space is not made of codes.
    """
    random = np.random.default_rng(seed)
    z = run.encode(texts)
    own = run_codes.codes(run, z)
    becomes = own.copy()
    for code, column in enumerate(own.T):
        for row, category in enumerate(column):
            others = column[column != category]
            becomes[row, code] = random.choice(others) if len(others) else category
    points = [
        run_codes.swapped(run, z[row], code, [int(becomes[row, code])])
        for row in range(len(texts))
        for code in range(own.shape[1])
    ]
    read = run.decode(np.concatenate(points))
    width = own.shape[1]
    after = [read[start : start + width] for start in range(0, len(read), width)]
    return Swaps(own, becomes, run.decode(z), after)


def _overlap(pairs: Iterable[tuple[str, str]]) -> float:
    ratios = [
        SequenceMatcher(a=one.split(), b=other.split(), autojunk=False).ratio()
        for one, other in pairs
    ]
    return float(np.mean(ratios)) if ratios else 1.0


def run(settings: Settings, seed: int, watch: Watch) -> Outcome:
    """Trains a model of codes, or opens one, and swaps codes of sentences it never saw."""
    curve: list[tuple[float, float]] = []
    texts: Sequence[str] = (*CAPTIONS, *SPECIFIC)
    if settings.run:
        asked: CodedRun | SmallModel = open_run(settings.run)
    else:

        def report(item: "Report") -> None:
            if item.validation:
                curve.append((item.epoch, item.validation["distortion"]))
            watch(_TRAINING * item.epoch / item.epochs, "training", _training(curve))

        data = everyday_sentences.everyday(settings.sentences)
        asked = train_small(recipe(settings, seed), data.train, data.test, report)
        texts = [" ".join(row) for row in data.test[:_SWAPPED]]
    watch(_TRAINING, f"replacing every code of {len(texts)} sentences", _training(curve))
    return _outcome(settings, asked, texts, swaps(asked, texts, seed), curve)


def _outcome(
    settings: Settings,
    asked: CodedRun | SmallModel,
    texts: Sequence[str],
    done: Swaps,
    curve: Sequence[tuple[float, float]],
) -> Outcome:
    changed, same, between = done.changed, done.overlap, done.overlap_between
    share = float(np.mean(changed))
    sizes = [len(np.unique(column)) for column in done.codes.T]
    used = float(np.mean(sizes)) / min(asked.model.latent.num_categories, len(texts))
    is_expected = share >= _CHANGES and used > _USED and same > between
    seen = (
        f"Of {len(texts)} sentences {share:.0%} change when one code is replaced, between "
        f"{min(changed):.0%} and {max(changed):.0%} depending on the code. A changed sentence "
        f"keeps {same:.0%} of its words; two different sentences share {between:.0%}. {used:.0%} "
        "of the code values are in use. "
    )
    if is_expected:
        seen += "Each code changes a part of the sentence, although no training signal says which."
    elif share < _CHANGES:
        seen += "The decoder hardly uses single codes: they are redundant, or carry nothing."
    else:
        seen += (
            "A code does not stand for a part of the sentence here: the whole sentence changes "
            "with it."
        )
    names = [f"code {code + 1}" for code in range(len(changed))]
    bars = Chart(
        "Sentences that change with a code",
        "",
        "fraction of the sentences",
        [Series("changed", names, changed)],
        BARS,
    )
    links = [Link("The run on the map", "map", {"run": settings.run})] if settings.run else []
    return Outcome(
        seen,
        is_expected,
        [
            Figure("sentences changed by one code", share),
            Figure("words kept, one code swapped", same),
            Figure("words shared by two sentences", between),
            Figure("categories in use", used),
        ],
        [bars, *_training(curve)],
        [_example(texts, done)],
        links,
    )


def _training(curve: Sequence[tuple[float, float]]) -> list[Chart]:
    if not curve:
        return []
    series = [Series.of("distortion", curve)]
    return [Chart("Held-out sentences during training", "epoch", "nats per sentence", series)]


def _example(texts: Sequence[str], done: Swaps) -> Table:
    """Every code of the sentence that is reconstructed best."""
    ratios = [_overlap([pair]) for pair in zip(texts, done.before, strict=True)]
    row = int(np.argmax(ratios))
    numbers = range(done.codes.shape[1])
    return Table(
        f"“{texts[row]}”, the best reconstructed sentence, with one code replaced",
        {
            "code": ["none", *(str(code + 1) for code in numbers)],
            "was": ["", *(str(done.codes[row, code]) for code in numbers)],
            "becomes": ["", *(str(done.becomes[row, code]) for code in numbers)],
            "reads": [done.before[row], *done.after[row]],
        },
    )


EXPERIMENT = Experiment(
    title="Edit one code of a sentence",
    claim="A VQ-VAE encodes a sentence as a few symbols. Change one of them and decode: part of "
    "the sentence changes, the rest stays.",
    trains="A small VAE with eight codes of 16 values each, on 3,000 everyday sentences; then "
    "every code of 100 held-out sentences is replaced by that of another sentence.",
    seconds=35,
    seed=2,
    expected="Replacing one code changes the sentence at least 60 % of the time, and about half "
    "of its words stay. More than half of the code values are in use.",
    run=run,
    settings=Settings,
    change="Try 2 codes of 256 values, or 32 codes of few values: how much does one code "
    "change? A run of your own (explorer new NAME --latent codebook) has its codes as "
    "chips on the map.",
    sketch=((0.94,), (0.91,), (0.95,), (0.95,), (0.94,), (0.92,), (0.94,), (0.91,)),
    code="""\
from explorer.experiments.codes import Settings, recipe, swaps
from explorer.experiments.everyday_sentences import everyday
from explorer.explore.small_model import train_small

data, settings = everyday(3000), Settings(epochs=8)
small = train_small(recipe(settings, seed=0), data.train, data.test)
done = swaps(small, [" ".join(row) for row in data.test[:100]], seed=0)
print("changed by each code", done.changed)
print("overlap", done.overlap, "of two sentences", done.overlap_between)
print(done.before[0], *done.after[0], sep="\\n")
""",
)
