"""Noise makes a latent space smooth: what lies halfway between two sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.experiments.experiment import (
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

TEXTS = (*CAPTIONS, *SPECIFIC)
JUDGE = "captions-language-model"
_RUNS = {
    "denoising autoencoder": "captions-denoising",
    "VAE of 27 nats": "captions-faithful",
    "VAE of 12 nats": "captions-smooth",
}
"""From no noise on z to much: at a low rate the posteriors are wide."""
_STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)
_SHOWN = 6


@dataclass(frozen=True)
class Settings:
    """What may be changed."""

    pairs: int = setting(60, "pairs of sentences", 5, 400)


@dataclass(frozen=True)
class Paths:
    """Decoded straight lines between the encodings of pairs of sentences."""

    texts: Sequence[Sequence[str]]
    """For each of the steps, a sentence of every pair."""
    nats: Sequence[float]
    """Mean cost at each step, nats per word under the judge."""

    @property
    def bump(self) -> float:
        """What the middle costs more than the ends, nats per word."""
        return self.nats[len(_STEPS) // 2] - (self.nats[0] + self.nats[-1]) / 2


def paths(run: Run, judge: Run, pairs: int, seed: int) -> Paths:
    """Decodes lines between random pairs, and lets a language model judge each sentence.

    Args:
        run: Whose latent space.
        judge: A language model.
        pairs: How many.
        seed: Which.

    Source:
        Bowman et al. (2016), Generating Sentences from a Continuous Space, section 5.2.
        arXiv:1511.06349
    """
    random = np.random.default_rng(seed)
    ends = [random.choice(len(TEXTS), 2, replace=False) for _ in range(pairs)]
    z = run.encode(TEXTS)
    texts = [run.decode(np.stack([(1 - t) * z[a] + t * z[b] for a, b in ends])) for t in _STEPS]
    return Paths(texts, [float(judge.nats_per_word(row).mean()) for row in texts])


def run(settings: Settings, seed: int, watch: Watch) -> Outcome:
    """The cost of the middle of paths in shipped latent spaces, under a language model."""
    judge, known = open_run(JUDGE), {}
    for number, (name, run) in enumerate(_RUNS.items()):
        watch(number / len(_RUNS), f"decoding paths of {run}", [_chart(known)])
        known[name] = paths(open_run(run), judge, settings.pairs, seed)
    bumps = [item.bump for item in known.values()]
    is_expected = bumps == sorted(bumps, reverse=True) and bumps[0] > 0
    parts = ", ".join(f"{item.bump:+.2f} ({name})" for name, item in known.items())
    seen = (
        "Halfway between two sentences, a word costs this many nats more than at the ends: "
        f"{parts}. "
    )
    if is_expected:
        seen += "The more noise in training, the more the midpoint reads like a sentence."
    else:
        seen += "On these pairs the order differs: take more pairs, or another seed."
    middle = len(_STEPS) // 2
    examples = {name: item.texts[middle][:_SHOWN] for name, item in known.items()}
    first, second = (next(iter(known.values())).texts[index][:_SHOWN] for index in (0, -1))
    return Outcome(
        seen,
        is_expected,
        [
            Figure(f"middle against ends, {name}", item.bump, "nats per word")
            for name, item in known.items()
        ],
        [_chart(known)],
        [Table("Halfway, decoded", {"from": first, "to": second, **examples})],
        [
            Link(
                f"A path in {run}",
                "paths",
                {"run": run, "from": CAPTIONS[2], "to": CAPTIONS[6]},
            )
            for run in _RUNS.values()
        ],
    )


def _chart(known: Mapping[str, Paths]) -> Chart:
    series = [Series(name, _STEPS, item.nats) for name, item in known.items()]
    return Chart(
        "Cost under the language model along the path",
        "from one sentence (0) to the other (1)",
        "nats per word",
        series,
    )


EXPERIMENT = Experiment(
    title="Noise makes the space smooth",
    claim="An autoencoder only has to decode its own points and may leave gaps between them. "
    "Noise on z fills the gaps: a VAE decodes to sentences everywhere.",
    trains="Nothing. Three shipped runs decode straight lines between 60 pairs of sentences, and "
    "the shipped language model scores the decodes.",
    seconds=8,
    seed=2,
    expected="Relative to the ends, the middle of a path costs most for the denoising "
    "autoencoder and less for the VAE at 27 nats; for the VAE at 12 nats the middle is "
    "as likely as the ends.",
    run=run,
    settings=Settings,
    change="Other seeds draw other pairs. With few pairs the first two may swap.",
    sketch=((0.6, 0.75, 1.0, 0.77, 0.6), (0.4, 0.45, 0.5, 0.45, 0.4), (0.2, 0.12, 0.05, 0.1, 0.2)),
    code="""\
from explorer import open_run
from explorer.experiments.smoothness import paths

judge = open_run("captions-language-model")
for name in ("captions-denoising", "captions-faithful", "captions-smooth"):
    decoded = paths(open_run(name), judge, pairs=60, seed=0)
    print(name, [round(nats, 2) for nats in decoded.nats])
    print(*decoded.texts[2][:3], sep="\\n")
""",
)
