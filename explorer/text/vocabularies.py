"""The types of vocabulary, by `corpus.tokens`."""

from collections.abc import Iterable, Mapping

from explorer.config import CorpusConfig
from explorer.text import language_models
from explorer.text.bag_vocabulary import BagVocabulary, content_words
from explorer.text.bpe import PieceVocabulary
from explorer.text.vocabulary import Vocabulary, WordVocabulary

VOCABULARIES: dict[str, type[Vocabulary]] = {
    "words": WordVocabulary,
    "bpe": PieceVocabulary,
    "bag": BagVocabulary,
}
"""By `corpus.tokens`."""


def counted(config: CorpusConfig, words: Iterable[str]) -> Iterable[str]:
    """The words of a training text that count for the vocabulary of a recipe."""
    return VOCABULARIES[config.tokens].counted(words)


def learn(config: CorpusConfig, counts: Mapping[str, int], texts: int = 0) -> Vocabulary:
    """Learns the vocabulary of a recipe.

    Args:
        config: Of the corpus. What was published as bags of words keeps all of its words.
        counts: Of the `counted` words of the training split.
        texts: Of the training split; only bags of words need their number.

    Raises:
        ExplorerError: If it takes the pieces of a language model that is not at hand.
    """
    if config.pieces_from:
        pieces = language_models.read_pieces(config.pieces_from)
        size = config.vocabulary_size
        return PieceVocabulary.selected(pieces.spelled, pieces.merges, counts, size)
    kind = VOCABULARIES[config.tokens]
    if not kind.has_order and not config.name:
        counts = content_words(counts, texts)
    return kind.learned(counts, config.vocabulary_size)
