"""Filling gaps: a denoising autoencoder is trained to, a VAE and a language model are not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.errors import ExplorerError
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
from explorer.explore.run import Run, open_run
from explorer.text.tokens import SPECIALS, UNK

_RUNS = {
    "denoising autoencoder": "captions-denoising",
    "language model": "captions-language-model",
    "VAE of 12 nats": "captions-smooth",
    "VAE of 27 nats": "captions-faithful",
}
GAP = "___"
_SHOWN = 10


@dataclass(frozen=True)
class Settings:
    """What may be changed."""

    sentence: str = setting("", "your own sentence (empty: 32 captions)")


@dataclass(frozen=True)
class Filled:
    """What a model says of each gap."""

    words: Sequence[str]
    """The likeliest word."""
    is_right: Sequence[bool]
    nats: Sequence[float]
    """The cost of the word that was there."""


def gaps(texts: Sequence[str]) -> Iterator[tuple[list[str], int]]:
    """Every sentence with each of its words in turn, the final full stop left out.

    Raises:
        ExplorerError: For texts without a word, once they are read.
    """
    if not any(text.strip(" .?!") for text in texts):
        raise ExplorerError("this sentence has no word that can be masked: try a longer one")
    for text in texts:
        words = text.split()
        for index in range(len(words) - (words[-1] in ".?!")):
            yield words, index


def fill(run: Run, sentences: Sequence[tuple[Sequence[str], int]]) -> Filled:
    """What a run predicts in each gap, from the words before it and z of the gapped sentence.

    z has seen the words on both sides, as BERT does; a language model knows those before alone.

    Args:
        run: With a word vocabulary.
        sentences: Words, and the index of the one that is missing.
    """
    import torch

    from explorer.models.batch_inference import posteriors
    from explorer.models.padding import collate

    rows = [run.vocabulary.encode(list(words)) for words, _ in sentences]
    at = [index for _, index in sentences]
    with_gap = [
        [*row[:index], UNK, *row[index + 1 :]] for row, index in zip(rows, at, strict=True)
    ]
    mean, _ = posteriors(run.model, with_gap)
    tokens = collate(rows, run.model.device)
    with torch.inference_mode():
        logits = run.model.decoder.logits(torch.from_numpy(mean), tokens)
        here = logits[torch.arange(len(rows)), torch.tensor(at)].log_softmax(-1)
        missing = [row[index] for row, index in zip(rows, at, strict=True)]
        nats = [-value for value in here[torch.arange(len(rows)), missing].tolist()]
        here[:, : len(SPECIALS)] = -torch.inf
        guesses = here.argmax(1).tolist()
    words = [run.vocabulary.decode([guess])[0] for guess in guesses]
    return Filled(words, [a == b for a, b in zip(guesses, missing, strict=True)], nats)


def run(settings: Settings, seed: int, watch: Watch) -> Outcome:
    """Leaves out every word of some captions in turn, and lets four shipped models fill it."""
    own = settings.sentence.strip().lower()
    sentences = list(gaps([own] if own else [*CAPTIONS, *SPECIFIC]))
    known: dict[str, Filled] = {}
    for number, (name, run) in enumerate(_RUNS.items()):
        watch(number / len(_RUNS), f"{run} fills {len(sentences)} gaps", _charts(known))
        known[name] = fill(open_run(run), sentences)
    right = {name: float(np.mean(item.is_right)) for name, item in known.items()}
    best = max(right, key=right.__getitem__)
    first = next(iter(right))
    parts = ", ".join(f"{name} {value:.0%}" for name, value in right.items())
    seen = f"Of {len(sentences)} missing words the models predict correctly: {parts}. "
    if best == first:
        seen += (
            "The denoising autoencoder was trained on sentences with gaps. To the VAEs a gap is "
            "noise in the input that corrupts z, the more so the more z carries."
        )
    else:
        seen += f"The best is the {best}, not the denoising autoencoder."
    order = np.random.default_rng(seed).permutation(len(sentences))[:_SHOWN]
    shown = sorted(order.tolist())
    return Outcome(
        seen,
        best == first,
        [Figure(f"words guessed, {name}", value) for name, value in right.items()]
        + [
            Figure(f"cost of the missing word, {name}", float(np.mean(item.nats)), "nats")
            for name, item in known.items()
        ],
        _charts(known),
        [
            Table(
                "Some gaps",
                {
                    "sentence": [_with_gap(*sentences[row]) for row in shown],
                    "was": [sentences[row][0][sentences[row][1]] for row in shown],
                    **{name: [item.words[row] for row in shown] for name, item in known.items()},
                },
            )
        ],
        [Link("The map of captions-denoising", "map", {"run": "captions-denoising"})],
    )


def _with_gap(words: Sequence[str], index: int) -> str:
    return " ".join([*words[:index], GAP, *words[index + 1 :]])


def _charts(known: dict[str, Filled]) -> list[Chart]:
    if not known:
        return []
    names = list(known)
    right = [float(np.mean(known[name].is_right)) for name in names]
    return [
        Chart(
            "Missing words predicted correctly",
            "",
            "fraction of the gaps",
            [Series("guessed", names, right)],
            BARS,
        )
    ]


EXPERIMENT = Experiment(
    title="BERT is a denoising autoencoder",
    claim="Masked language modelling fills the gaps of a sentence, which is what a denoising "
    "autoencoder is trained to do.",
    trains="Nothing. Four shipped models of captions are given the words before each gap and, "
    "except for the language model, the z of the sentence with the gap.",
    seconds=15,
    expected="The denoising autoencoder guesses the most missing words, and the VAE at 27 nats "
    "the fewest, since it never saw a gap and relies most on z.",
    run=run,
    settings=Settings,
    change="Write a sentence of your own, about people and what they do, as captions are. Words "
    "that no caption contains are gaps already.",
    sketch=((0.56,), (0.45,), (0.4,), (0.26,)),
    code="""\
from explorer import open_run
from explorer.experiments.gaps import fill, gaps

sentences = list(gaps(["two dogs are running through the snow ."]))
for name in ("captions-denoising", "captions-language-model", "captions-smooth"):
    filled = fill(open_run(name), sentences)
    print(name, filled.words, sum(filled.is_right))
""",
)
