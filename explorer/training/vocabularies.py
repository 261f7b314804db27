"""The vocabulary of a run: which kind its recipe asks for, and its file in the folder."""

from collections.abc import Mapping
from pathlib import Path

from explorer.config import CorpusConfig
from explorer.runs import folder as folders
from explorer.text.bpe import PieceVocabulary
from explorer.text.vocabulary import Vocabulary, WordVocabulary

VOCABULARIES: dict[str, type[Vocabulary]] = {"words": WordVocabulary, "bpe": PieceVocabulary}
"""By `corpus.tokens`."""


def learn(config: CorpusConfig, counts: Mapping[str, int]) -> Vocabulary:
    """The vocabulary a recipe asks for, of the words of the training split."""
    return VOCABULARIES[config.tokens].learned(counts, config.vocabulary_size)


def load(folder: Path, config: CorpusConfig) -> Vocabulary:
    """A trained run's vocabulary, after its checksum was compared.

    Raises:
        ExplorerError: If its file is missing, changed or damaged.
    """
    kind = VOCABULARIES[config.tokens]
    return kind.load(folders.verify(folder, kind.FILE))


def save(folder: Path, vocabulary: Vocabulary) -> None:
    """Writes a run's vocabulary, and removes one of another kind from an earlier training."""
    vocabulary.save(folder / vocabulary.FILE)
    for kind in VOCABULARIES.values():
        if kind.FILE != vocabulary.FILE:
            (folder / kind.FILE).unlink(missing_ok=True)
