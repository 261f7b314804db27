"""Sentence arithmetic, means and samples of posteriors, and homotopies, on published sentences."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
from explorer.explore.run import Run, open_run
from explorer.models.decoding_settings import Decoding


@dataclass(frozen=True)
class Analogy:
    """A is to B as C is to a sentence with the words `wanted`."""

    a: str
    b: str
    c: str
    wanted: tuple[str, ...]


_FACE, _SOCCER = "a girl makes a silly face", "two soccer players are playing soccer"
ANALOGIES = (
    # The inputs of Li et al. (2020), Optimus. arXiv:2004.04092
    Analogy(_FACE, _SOCCER, "a girl poses for a picture", ("soccer",)),
    Analogy(_FACE, _SOCCER, "a woman with a red scarf looks at the stars", ("soccer",)),
    Analogy(_FACE, _SOCCER, "a little boy is eating a bowl of soup", ("soccer",)),
    Analogy(
        "a man is sitting on a bench",
        "two men are sitting on a bench",
        "a man is riding a horse",
        ("two", "men", "horse"),
    ),
    Analogy(
        "a man is running",
        "a woman is running",
        "a man is playing a guitar",
        ("woman", "playing", "guitar"),
    ),
    Analogy("a dog is running", "a dog is swimming", "a boy is running", ("boy", "swimming")),
    Analogy(
        "a man in a red shirt is standing",
        "a man in a blue shirt is standing",
        "a woman in a red dress is walking",
        ("woman", "blue", "walking"),
    ),
)
MEANS = ("we looked out at the setting sun .", "i went to the kitchen .", "how are you doing ?")
"""Of Bowman et al. (2016), Generating Sentences from a Continuous Space.
arXiv:1511.06349"""
HOMOTOPIES = (
    ("i want to talk to you .", "she didn't want to be with him ."),
    ("he was silent for a long moment .", "it was my turn ."),
    ("i went to the store to buy some groceries .", "horses are my favorite animals ."),
)
_MEAN_RUN = "everyday"
_STEPS = 9
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Settings:
    """What may be changed."""

    run: str = setting("captions-faithful", "the run used for arithmetic")
    strength: float = setting(1.0, "step size along B − A", -2.0, 3.0)
    samples: int = setting(3, "samples from each posterior", 1, 20)


def transfers(decoded: str, analogy: Analogy) -> bool:
    """Whether a decoded sentence has the words wanted."""
    return set(analogy.wanted) <= set(_WORD.findall(decoded.lower()))


def overlap(one: str, other: str) -> float:
    """Shared words of two sentences over all of both (Jaccard)."""
    a, b = (set(_WORD.findall(text.lower())) for text in (one, other))
    return len(a & b) / max(len(a | b), 1)


def run(settings: Settings, seed: int, watch: Watch) -> Outcome:
    """Decodes z_B − z_A + z_C, posterior means beside samples, and lines between sentences."""
    watch(0.0, f"arithmetic in {settings.run}", [])
    explored = open_run(settings.run)
    decoded = [
        explored.decode(explored.analogy(item.a, item.b, item.c, settings.strength))[0]
        for item in ANALOGIES
    ]
    right = [transfers(text, item) for text, item in zip(decoded, ANALOGIES, strict=True)]
    watch(0.5, f"means, samples and paths in {_MEAN_RUN}", [])
    everyday = open_run(_MEAN_RUN)
    means, samples = _means(everyday, settings.samples, seed)
    near = [
        sum(overlap(text, item) for item in row) / len(row)
        for text, row in zip(MEANS, samples, strict=True)
    ]
    exact = sum(overlap(*pair) for pair in zip(MEANS, means, strict=True)) / len(MEANS)
    paths = [everyday.interpolate(a, b, _STEPS) for a, b in HOMOTOPIES]
    distinct = [len(set(path)) for path in paths]
    sampled = sum(near) / len(near)
    is_expected = sum(right) > len(right) / 2 and exact >= sampled and min(distinct) >= 2
    seen = (
        f"{sum(right)} of {len(right)} analogies contain the target words. The decoded mean "
        f"shares {exact:.0%} of its words with the sentence, samples {sampled:.0%}. A path of "
        f"{_STEPS} steps passes through {sum(distinct) / len(distinct):.1f} sentences: it stays "
        "at one for a while, then changes abruptly."
    )
    return Outcome(
        seen,
        is_expected,
        [
            Figure("analogies with the words wanted", sum(right) / len(right)),
            Figure("words shared, mean", exact),
            Figure("words shared, samples", sampled),
            Figure("sentences on a path", sum(distinct) / len(distinct)),
        ],
        [_chart(exact, near)],
        [_analogies(decoded, right), _samples(means, samples), _paths(paths)],
        _links(settings),
    )


def _means(run: Run, count: int, seed: int) -> tuple[list[str], list[list[str]]]:
    """Each sentence's decoded posterior mean, and decoded samples of its posterior."""
    mean, scale = run.posterior(MEANS)
    decoding = Decoding(seed=seed)
    samples = [run.around(m, s, count, decoding) for m, s in zip(mean, scale, strict=True)]
    return run.decode(mean), samples


def _chart(exact: float, near: Sequence[float]) -> Chart:
    names = ["mean", *(f"samples of “{text.removesuffix(' .')}”" for text in MEANS)]
    return Chart(
        "MEAN and SAMP", "", "words shared with the sentence",
        [Series("shared", names, [exact, *near])], BARS,
    )  # fmt: skip


def _analogies(decoded: Sequence[str], right: Sequence[bool]) -> Table:
    columns: Mapping[str, Sequence[str]] = {
        "A": [item.a for item in ANALOGIES],
        "is to B": [item.b for item in ANALOGIES],
        "as C": [item.c for item in ANALOGIES],
        "is to": decoded,
        "as wanted": ["yes" if item else "no" for item in right],
    }
    return Table("Arithmetic: z_B − z_A + z_C", columns)


def _samples(means: Sequence[str], samples: Sequence[Sequence[str]]) -> Table:
    numbers = {
        f"SAMP {index + 1}": [row[index] for row in samples] for index in range(len(samples[0]))
    }
    return Table(f"MEAN and SAMP in {_MEAN_RUN}", {"sentence": MEANS, "MEAN": means, **numbers})


def _paths(paths: Sequence[Sequence[str]]) -> Table:
    steps = [f"{index + 1}" for index in range(_STEPS)]
    names = [f"path {index + 1}" for index in range(len(paths))]
    return Table(
        f"Homotopies in {_MEAN_RUN}", {"step": steps, **dict(zip(names, paths, strict=True))}
    )


def _links(settings: Settings) -> list[Link]:
    first = ANALOGIES[3]
    a, b = HOMOTOPIES[-1]
    return [
        Link(
            "The same arithmetic, with a slider for its strength",
            "arithmetic",
            {"run": settings.run, "a": first.a, "b": first.b, "c": first.c},
        ),
        Link("A homotopy, step by step", "paths", {"run": _MEAN_RUN, "from": a, "to": b}),
        Link(
            "A sentence on the map, with samples around it",
            "map",
            {"run": _MEAN_RUN, "at": "typed", "text": MEANS[0]},
        ),
    ]


EXPERIMENT = Experiment(
    title="Arithmetic, MEAN and SAMP, homotopies",
    claim="z_B − z_A + z_C transfers what changes from A to B; the posterior mean reconstructs "
    "and its samples paraphrase; between two sentences lie more sentences.",
    trains="Nothing: captions-faithful and everyday decode the sentences of published tables.",
    seconds=10,
    seed=4,
    expected="More than half of the analogies contain the expected words, the mean shares more "
    "words with its sentence than samples do, and each path has at least one leap.",
    run=run,
    settings=Settings,
    change="captions-smooth writes better English but drops more of C. A strength of 2 "
    "overshoots.",
    sketch=((0.97,), (0.55,), (0.9,), (0.92,)),
    code="""\
from explorer import open_run

run = open_run("captions-faithful")
a, b = "a girl makes a silly face", "two soccer players are playing soccer"
print(run.decode(run.analogy(a, b, "a girl poses for a picture")))

everyday = open_run("everyday")
mean, scale = everyday.posterior(["we looked out at the setting sun ."])
print(everyday.decode(mean), everyday.around(mean[0], scale[0], 3))
print(everyday.interpolate("he was silent .", "it was my turn .", 9))
""",
)
