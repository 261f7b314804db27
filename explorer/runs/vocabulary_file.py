"""The vocabulary file of a run folder."""

from pathlib import Path

from explorer.config import CorpusConfig
from explorer.runs import folder as folders
from explorer.text.vocabularies import VOCABULARIES
from explorer.text.vocabulary import Vocabulary


def load(folder: Path, config: CorpusConfig) -> Vocabulary:
    """A trained run's vocabulary, after its checksum was verified.

    Raises:
        ExplorerError: If its file is missing, changed or damaged.
    """
    kind = VOCABULARIES[config.tokens]
    return kind.load(folders.verify(folder, kind.FILE))


def save(folder: Path, vocabulary: Vocabulary) -> None:
    """Writes a run's vocabulary, and removes one of another type from an earlier training."""
    vocabulary.save(folder / vocabulary.FILE)
    for kind in VOCABULARIES.values():
        if kind.FILE != vocabulary.FILE:
            (folder / kind.FILE).unlink(missing_ok=True)
