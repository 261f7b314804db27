"""The types of vocabulary, by `corpus.tokens`."""

from collections.abc import Mapping

from explorer.config import CorpusConfig
from explorer.text.bpe import PieceVocabulary
from explorer.text.vocabulary import Vocabulary, WordVocabulary

VOCABULARIES: dict[str, type[Vocabulary]] = {"words": WordVocabulary, "bpe": PieceVocabulary}
"""By `corpus.tokens`."""


def learn(config: CorpusConfig, counts: Mapping[str, int]) -> Vocabulary:
    """Learns the vocabulary of a recipe from the word counts of the training split."""
    return VOCABULARIES[config.tokens].learned(counts, config.vocabulary_size)
