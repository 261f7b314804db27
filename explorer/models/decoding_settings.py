"""How sentences are read out of a decoder: settings only, so that help texts need no torch."""

import math
from dataclasses import dataclass, replace

from explorer.config import setting
from explorer.errors import ExplorerError

STRATEGY_NAMES = ("greedy", "sample", "top_k", "nucleus", "penalised", "beam")
"""The keys of `generation.STRATEGIES`; a test compares them."""
MOST_TOKENS = 1000
"""Words of a sentence at most: decoding stops there."""
PART = 512
"""Sentences decoded at once, those of a beam counted each: the scores of their next words are what
takes memory, some ten thousand numbers a sentence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoding:
    """How sentences are read out of a decoder; each strategy uses the settings it names."""

    strategy: str = setting("greedy", f"one of {', '.join(STRATEGY_NAMES)}")
    temperature: float = setting(1.0, "of sampling: towards 0 greedy, above 1 wilder")
    top_k: int = setting(40, "top_k draws among so many most likely words")
    top_p: float = setting(0.9, "nucleus draws among the words that make up this probability")
    beam: int = setting(5, "beam keeps so many sentences at once")
    penalty: float = setting(1.2, "penalised divides the score of words said before by this")
    max_tokens: int = setting(60, "longest sentence")
    allow_unknown: bool = setting(False, "whether <unk> may be said")
    seed: int = setting(0, "of sampling: the same seed gives the same sentences")
    label: str = setting("", "of a conditional run: the label to write for; empty: none of them")
    strength: float = setting(1.0, "how much the label counts: 0 not at all, 1 as trained")

    def __post_init__(self) -> None:
        if self.strategy not in STRATEGY_NAMES:
            raise ExplorerError(
                f"strategy {self.strategy!r} is not one of {', '.join(STRATEGY_NAMES)}"
            )
        limits = (
            ("temperature", 0.0, 100.0),
            ("top_k", 1, math.inf),
            ("top_p", 0.0, 1.0),
            ("beam", 1, 64),
            ("penalty", 1.0, 100.0),
            ("max_tokens", 1, MOST_TOKENS),
            ("seed", 0, 2**63 - 1),
            ("strength", -10.0, 10.0),
        )
        for name, low, high in limits:
            if not low <= getattr(self, name) <= high:
                value = getattr(self, name)
                raise ExplorerError(f"{name} {value} is not between {low} and {high}")

    def of_part(self, number: int) -> "Decoding":
        """With other random numbers for each part of many sentences; the first has the seed's."""
        return replace(self, seed=(self.seed + number) % 2**63)


@dataclass(frozen=True, slots=True)
class Decoded:
    """One decoded sentence, word by word; the last token is the end where there was one."""

    text: str
    tokens: list[str]
    log_probs: list[float]  # nats, given z and the words before
    gains: list[float]  # nats: log-probability minus its mean over z drawn from the prior
