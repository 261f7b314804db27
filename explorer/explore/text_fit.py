"""How well a run's model knows some sentences, and which run knows them best."""

import math
import random
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer import config as configs
from explorer.config import CorpusConfig
from explorer.errors import ExplorerError
from explorer.evaluation.verdict import NO, uses_z, value_of
from explorer.explore.run import Run, open_run
from explorer.runs import folder as folders
from explorer.system.cache import Cache
from explorer.system.progress import StageProgress
from explorer.text.tokens import Tokeniser

SAMPLE = 200
"""Sentences a run is chosen by."""

_UNKNOWN = math.log(100_000)
"""Nats charged for an unknown word, as for one of 100,000. `<unk>` itself costs next to nothing:
without the charge the run with the smallest vocabulary would fit every text best."""

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_PICTOGRAPHS = ("So", "Sk", "Cf")
"""Unicode categories of emoji, their skin tones and what joins them."""

_fits: "Cache[Fit]" = Cache(16)


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a model knows some sentences."""

    run: str
    """The run that was trained."""
    nats: float
    """Mean nats a word, unknown words charged; of a sentence at most as much as for those."""
    known: float
    """Fraction of the words that the vocabulary has."""
    outside: float | None
    """Fraction of the sentences out of the run's domain; None if that is not known."""
    has_pieces: bool = False
    """Whether words that the vocabulary lacks are spelled in pieces."""

    @property
    def is_mostly_unknown(self) -> bool:
        """Whether less than half of the words are read at all."""
        return not self.has_pieces and self.known < 0.5

    @property
    def sentence(self) -> str:
        """The fit in one sentence."""
        words = f"{self.run} knows {self.known:.0%} of your words"
        if self.has_pieces and self.known < 1:
            words += " and spells out the others in subwords"
        if self.outside is None:
            return f"{words}."
        if self.outside < 0.005:
            return f"{words}; hardly any of your sentences are out of its domain."
        return f"{words}; {self.outside:.0%} of your sentences are out of its domain."


def tokenisation(corpus: CorpusConfig) -> tuple[bool, bool]:
    """Whether plain text is lowercased, and its punctuation split, for the model of a corpus.

    A corpus that was tokenised in advance is split at blanks only, which plain text is not.
    """
    return (True, True) if not corpus.split_punctuation else (corpus.lowercase, True)


def candidates() -> list[Path]:
    """Trained sentence VAEs that use z: of each corpus the one of the lowest distortion."""
    best: dict[tuple[str, str, str], tuple[float, Path]] = {}
    for folder in folders.by_name().values():
        try:
            config = configs.read(folder / folders.CONFIG)
            metrics = folders.read_metrics(folder)
        except (ExplorerError, OSError):
            continue
        if not (folder / folders.WEIGHTS).is_file() or configs.is_borrowed(config):
            continue
        if (
            config.model.latent["name"] in ("point", "vectors", "none")
            or config.corpus.tokens == "bag"  # its bags of words are no sentences
            or uses_z(metrics).value == NO
        ):
            continue
        distortion = value_of(metrics, "distortion")
        key = (config.corpus.name, config.corpus.path, config.corpus.tokens)
        standing = math.inf if distortion is None else distortion
        if key not in best or standing < best[key][0]:
            best[key] = (standing, folder)
    return [folder for _, folder in best.values()]


def best_run(texts: Sequence[str], progress: StageProgress = lambda stage, fraction: None) -> Path:
    """The run that knows some sentences best; see `ranked`.

    Raises:
        ExplorerError: If there is no candidate that can be opened.
    """
    known = ranked(texts, progress)
    if not known:
        raise ExplorerError("there is no trained sentence VAE to draw a map with")
    return known[0][0]


def ranked(
    texts: Sequence[str], progress: StageProgress = lambda stage, fraction: None
) -> list[tuple[Path, Fit]]:
    """How well each of `candidates` that can be opened knows some sentences, best first.

    The best needs the fewest nats a word. Links and pictographs, which none was trained on, do not
    count: a model of pieces would pay for spelling them. Runs that read less than half of the
    words come last.

    Args:
        texts: A few hundred are enough.
        progress: Called with a stage and the fraction of it that is done.
    """
    texts = [words for text in texts if (words := _words(text))] or texts
    folders_ = candidates()
    known: list[tuple[Path, Fit]] = []
    for done, folder in enumerate(folders_):
        progress("choosing a run", done / len(folders_))
        try:
            run = open_run(folder)
            run.tokeniser = Tokeniser(*tokenisation(run.config.corpus))
            known.append((folder, fit(run, texts)))
        except ExplorerError:
            continue  # a damaged run; another one may fit
    return sorted(known, key=lambda one: (one[1].is_mostly_unknown, one[1].nats))


def sampled(texts: Sequence[str]) -> list[str]:
    """`SAMPLE` of some texts, or all of fewer: the same ones each time."""
    return random.Random(0).sample(texts, min(SAMPLE, len(texts)))


def _words(text: str) -> str:
    """A text without links and pictographs."""
    signs = "".join(
        "" if char == "\ufe0f" or unicodedata.category(char) in _PICTOGRAPHS else char
        for char in _LINK.sub(" ", text)
    )
    return " ".join(signs.split())


def fit(run: Run, texts: Sequence[str]) -> Fit:
    """How well the model of a run knows some sentences, of which a few hundred are enough."""
    nats = run.nats_per_word(texts)
    return _fit(run, texts, nats, run.outside(texts, nats))


def fit_of(run: Run) -> Fit | None:
    """How well a run with the weights of another knows the sentences of its map.

    Returns:
        None for a run with weights of its own, or without a map or the text of its sentences.
    """
    if not configs.is_borrowed(run.config) or run.atlas is None or not run.texts_are_real:
        return None
    return _fits.get(run, lambda: _of_map(run))


def _of_map(run: Run) -> Fit:
    atlas = run.needed_atlas
    nats = atlas.distortion / (atlas.tokens + 1.0)
    return _fit(run, run.texts, nats, run.outside(run.texts, nats))


def _fit(run: Run, texts: Sequence[str], nats: np.ndarray, outside: np.ndarray | None) -> Fit:
    rare = words = unknown = 0
    for text in texts:
        tokens = run.tokeniser.tokens(text)
        words += len(tokens)
        split = set(run.vocabulary.rare(tokens))
        missing = set(run.vocabulary.unknown(tokens))
        rare += sum(token in split for token in tokens)
        unknown += sum(token in missing for token in tokens)
    return Fit(
        run=str(run.config.model.weights_of.get("run", run.name)),
        nats=float(np.minimum(nats, _UNKNOWN).mean()) + _UNKNOWN * unknown / max(words, 1),
        known=1 - rare / max(words, 1),
        outside=None if outside is None else float(outside.mean()),
        has_pieces=not run.vocabulary.has_unknown and run.vocabulary.has_order,
    )
