"""The kinds of vocabulary, and learning the one a recipe asks for."""

from collections.abc import Mapping

from explorer.config import CorpusConfig
from explorer.text.bpe import PieceVocabulary
from explorer.text.vocabulary import Vocabulary, WordVocabulary

VOCABULARIES: dict[str, type[Vocabulary]] = {"words": WordVocabulary, "bpe": PieceVocabulary}
"""By `corpus.tokens`."""


def learn(config: CorpusConfig, counts: Mapping[str, int]) -> Vocabulary:
    """The vocabulary a recipe asks for, of the words of the training split."""
    return VOCABULARIES[config.tokens].learned(counts, config.vocabulary_size)
