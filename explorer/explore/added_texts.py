"""Texts that a run was not trained on, at their positions on its map."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32

from explorer.errors import ExplorerError
from explorer.explore.map_views import DEFAULT_VIEW, view_of
from explorer.runs.run_files import Contents
from explorer.system.atomic_files import unreadable, write

SHOWN = 2000
"""Texts that a map draws: a random sample of more."""

_BATCH = 256


@dataclass(frozen=True, eq=False)
class AddedTexts:
    """Texts in the latent space of a run."""

    texts: list[str]
    z: Float32[np.ndarray, "n latent"]
    """Their posterior means."""
    nats: Float32[np.ndarray, " n"]
    """Distortion a word."""
    outside: Bool[np.ndarray, " n"] | None
    """Whether each costs more nats a word than 99% of the training sentences; None if the run's
    domain is not known."""

    def __len__(self) -> int:
        return len(self.texts)

    def positions(
        self, run: Contents, view: str = DEFAULT_VIEW
    ) -> tuple[Float32[np.ndarray, "n 2"], Float32[np.ndarray, " n"]]:
        """Map coordinates in a view, as of a typed sentence, and distances to the nearest one."""
        return view_of(run, view).locate(self.z)

    @property
    def sample(self) -> np.ndarray:
        """The rows that a map draws, ascending."""
        if len(self) <= SHOWN:
            return np.arange(len(self))
        return np.sort(np.random.default_rng(0).choice(len(self), SHOWN, replace=False))

    def sentence(self, run: str) -> str:
        """How many there are, and how many the run does not know, in one sentence."""
        count = f"{len(self):,} added sentence{'s' * (len(self) != 1)}"
        if self.outside is None:
            return f"{count}; the domain of {run} is not known."
        fraction = float(self.outside.mean())
        return f"{count}, {fraction:.0%} of them outside the domain of {run}."

    def save(self, path: Path) -> None:
        """Writes all but the texts, atomically."""

        def fill(file: object) -> None:
            outside = np.zeros(0, bool) if self.outside is None else self.outside
            np.savez(file, z=self.z.astype(np.float16), nats=self.nats, outside=outside)  # type: ignore[call-overload]

        write(path, fill)

    @classmethod
    def load(cls, path: Path, texts: Sequence[str]) -> "AddedTexts":
        """Reads what `save` wrote; reading executes nothing.

        Raises:
            ExplorerError: If the file is missing, damaged or of other texts.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                z, nats, outside = (stored[name] for name in ("z", "nats", "outside"))
        except OSError as error:
            raise unreadable(path, error) from None
        except (ValueError, KeyError, EOFError) as error:
            raise ExplorerError(f"{path} is damaged: {error}") from None
        if z.ndim != 2 or len(z) != len(texts) or len(nats) != len(texts):
            raise ExplorerError(f"{path} belongs to other texts: add them again")
        known = outside if len(outside) == len(texts) else None
        return cls(list(texts), z.astype(np.float32), nats, known)


def locate_texts(
    run: Any,
    texts: Sequence[str],
    progress: Callable[[str, float], None] = lambda stage, fraction: None,
) -> AddedTexts:
    """Encodes and scores texts.

    Args:
        run: An open one, with a map.
        texts: At least one.
        progress: Called with "encoding" and the fraction done.

    Raises:
        ExplorerError: Without texts, or for a run without a map.
    """
    if not texts:
        raise ExplorerError("there are no texts to add")
    _ = run.needed_atlas
    z, nats = [], []
    for start in range(0, len(texts), _BATCH):
        part = texts[start : start + _BATCH]
        z.append(run.encode(part))
        nats.append(run.nats_per_word(part))
        progress("encoding", min(1.0, (start + _BATCH) / len(texts)))
    cost = np.concatenate(nats).astype(np.float32)
    z_all = np.concatenate(z).astype(np.float32)
    return AddedTexts(list(texts), z_all, cost, run.outside(texts, cost))
