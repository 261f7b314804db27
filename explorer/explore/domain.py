"""Whether a sentence is like those a model was trained on: by its distortion and words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from explorer.config import is_borrowed
from explorer.errors import ExplorerError
from explorer.runs.run_files import Contents

QUANTILE = 0.99
MOST_UNKNOWN = 0.5
"""Fraction of unknown words from which a sentence is out of domain: `<unk>` costs few nats."""
_MIN_SENTENCES = 100


@dataclass(frozen=True, slots=True)
class Domain:
    """The distortion that 99% of a run's training sentences do not exceed.

    A sentence about another subject costs more, even if all of its words are known. One of words
    that are unknown may cost less, and is out of domain all the same.
    """

    limit: float
    """Nats per word, the end of a sentence counted as one."""
    n: int
    """Training sentences it was estimated from."""

    @classmethod
    def of(cls, run: Contents) -> "Domain | None":
        """The domain of a run, from the training sentences on its map.

        Returns:
            None without a readable map of at least 100 of them. A run with the weights of another
            has that run's domain: the sentences on its map were never trained on.
        """
        if is_borrowed(run.config):
            return cls._borrowed(run.config.model.weights_of)
        try:
            atlas = run.atlas
        except ExplorerError:
            return None  # whoever needs the damaged map gets the error
        if atlas is None:
            return None
        train = np.array([split == "train" for split in atlas.split])
        if train.sum() < _MIN_SENTENCES:
            return None
        nats = atlas.distortion[train] / (atlas.tokens[train] + 1.0)
        return cls(float(np.quantile(nats, QUANTILE)), int(train.sum()))

    @classmethod
    def _borrowed(cls, origin: Mapping[str, Any]) -> "Domain | None":
        limit, n = origin.get("nats_per_word"), origin.get("sentences")
        return cls(float(limit), int(n)) if limit and n else None

    def reasons(
        self, nats: Float[np.ndarray, " n"], unknown: Float[np.ndarray, " n"]
    ) -> list[str | None]:
        """For each sentence, why it is out of domain; None where it is not.

        Args:
            nats: Nats per word.
            unknown: Fraction of the words that the model does not know.
        """
        return [
            self._unknown(share)
            if share >= MOST_UNKNOWN
            else self.sentence(cost)
            if cost > self.limit
            else None
            for cost, share in zip(nats.tolist(), unknown.tolist(), strict=True)
        ]

    def _unknown(self, share: float) -> str:
        return f"{share:.0%} of its words are unknown to the model"

    def sentence(self, nats: float) -> str:
        """Why a sentence with this many nats per word is out of domain."""
        return (
            f"{nats:.1f} nats per word; {QUANTILE:.0%} of its training sentences have at most "
            f"{self.limit:.1f}"
        )
