"""The types of vocabulary, by `corpus.tokens`."""

from collections.abc import Mapping

from explorer.config import CorpusConfig
from explorer.text import language_models
from explorer.text.bpe import PieceVocabulary
from explorer.text.vocabulary import Vocabulary, WordVocabulary

VOCABULARIES: dict[str, type[Vocabulary]] = {"words": WordVocabulary, "bpe": PieceVocabulary}
"""By `corpus.tokens`."""


def learn(config: CorpusConfig, counts: Mapping[str, int]) -> Vocabulary:
    """Learns the vocabulary of a recipe from the word counts of the training split.

    Raises:
        ExplorerError: If it takes the pieces of a language model that is not at hand.
    """
    if config.pieces_from:
        pieces = language_models.read_pieces(config.pieces_from)
        size = config.vocabulary_size
        return PieceVocabulary.selected(pieces.spelled, pieces.merges, counts, size)
    return VOCABULARIES[config.tokens].learned(counts, config.vocabulary_size)
