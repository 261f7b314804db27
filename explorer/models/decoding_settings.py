"""Decoding strategies and their settings; without torch, for help texts and pages."""

import dataclasses
import math
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, cast

from explorer.config import setting
from explorer.errors import ExplorerError, one_of

MAX_TOKENS = 1000
"""Upper limit of `Decoding.max_tokens`."""
RANKED = 15
"""Most words of a point where their order means nothing."""
PART = 512
"""Hypotheses decoded at once: memory goes to the logits of their next tokens, about ten thousand
each."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """A decoding strategy."""

    title: str
    help: str
    decode: str
    """The function that decodes, as `module:name` within `explorer.models`: imported when used,
    since it needs torch."""
    settings: tuple[str, ...] = ()
    """The fields of `Decoding` it reads, besides the common ones."""


STRATEGIES = {
    "greedy": Strategy("Greedy", "Takes the most likely word.", "decoding_strategies:greedy"),
    "sample": Strategy(
        "Sampling",
        "Samples each word by its probability.",
        "decoding_strategies:sample",
        ("temperature",),
    ),
    "top_k": Strategy(
        "Top-k",
        "Samples from the k most likely words.",
        "decoding_strategies:top_k",
        ("temperature", "top_k"),
    ),
    "nucleus": Strategy(
        "Nucleus",
        "Samples from the smallest set of most likely words with total probability p.",
        "decoding_strategies:nucleus",
        ("temperature", "top_p"),
    ),
    "penalised": Strategy(
        "Repetition penalty",
        "Samples, with words that were already used made less likely.",
        "decoding_strategies:penalised",
        ("temperature", "penalty"),
    ),
    "beam": Strategy(
        "Beam",
        "Tracks several hypotheses and returns the most likely one.",
        "beam_search:beam_search",
        ("beam",),
    ),
}
"""Decoding strategies by name."""


@dataclass(frozen=True, slots=True)
class Range:
    """The values of a numeric setting."""

    title: str
    low: float
    high: float
    slider: tuple[float, float, float] | None = None
    """Minimum, maximum and step of a slider, which may be narrower."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoding:
    """How sentences are decoded. Each strategy reads the settings it lists."""

    strategy: str = setting("greedy", f"one of {', '.join(STRATEGIES)}")
    temperature: float = setting(
        1.0,
        "of sampling: below 1 more conservative, above 1 more diverse",
        range=Range("Temperature", 0.0, 100.0, (0.1, 2.0, 0.1)),
    )
    top_k: int = setting(
        40,
        "number of most likely words that top_k samples from",
        range=Range("k: words to sample from", 1, math.inf, (1, 200, 1)),
    )
    top_p: float = setting(
        0.9,
        "total probability of the words that nucleus samples from",
        range=Range("p: probability mass to sample from", 0.0, 1.0, (0.05, 1.0, 0.05)),
    )
    beam: int = setting(
        5, "number of hypotheses of beam search", range=Range("Beam width", 1, 64, (1, 20, 1))
    )
    penalty: float = setting(
        1.2,
        "divides the score of a repeated word in penalised decoding",
        range=Range("Penalty", 1.0, 100.0, (1.0, 2.0, 0.05)),
    )
    max_tokens: int = setting(
        60, "longest sentence", range=Range("Longest sentence", 1, MAX_TOKENS)
    )
    nearest: int = setting(
        1,
        "maximum decodes per point: each is encoded again, its error corrects the next, and the "
        "one encoded closest to the point is used; 1 is several times faster",
        range=Range("Nearest of k decodes", 1, 64, (1, 32, 1)),
    )
    allow_unknown: bool = setting(False, "allow <unk>")
    seed: int = setting(
        0,
        "of sampling: the same seed gives the same sentences",
        range=Range("Seed", 0, 2**63 - 1),
    )
    label: str = setting("", "of a conditional run: the label to decode with; none by default")
    strength: float = setting(
        1.0,
        "weight of the label: 0 ignores it, 1 is as trained",
        range=Range("Strength", -10.0, 10.0, (0.0, 3.0, 0.25)),
    )

    def __post_init__(self) -> None:
        one_of("strategy", self.strategy, STRATEGIES)
        for name, limits in RANGES.items():
            value: Any = getattr(self, name)
            kind = "a whole number" if name in _WHOLE else "a number"
            if not isinstance(value, Integral if name in _WHOLE else Real):
                raise ExplorerError(f"{name} must be {kind}, not {value!r}")
            if not limits.low <= cast(float, value) <= limits.high:
                raise ExplorerError(
                    f"{name} {value} is not between {limits.low} and {limits.high}"
                )

    @property
    def width(self) -> int:
        """Hypotheses per sentence."""
        return self.beam if "beam" in STRATEGIES[self.strategy].settings else 1

    def of_part(self, number: int) -> "Decoding":
        """The settings of one part of many sentences, each with another seed; part 0 as here."""
        return dataclasses.replace(self, seed=(self.seed + number) % 2**63)


_WHOLE = frozenset(item.name for item in dataclasses.fields(Decoding) if type(item.default) is int)

RANGES: dict[str, Range] = {
    item.name: item.metadata["range"]
    for item in dataclasses.fields(Decoding)
    if "range" in item.metadata
}
"""The numeric settings of `Decoding`."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoded sentence, word by word; the last token is the end, unless it was cut."""

    text: str
    tokens: list[str]
    log_probs: list[float]  # log p(word | z, words before), nats
    gains: list[float]  # nats: log-probability minus its mean over z drawn from the prior
    cosine: float | None = None  # of the point and the sentence encoded again, if it was
