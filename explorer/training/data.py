"""A corpus as a model sees it: ids of its sentences, by split."""

import random
from dataclasses import dataclass

from explorer.config import Config
from explorer.text import corpora
from explorer.text.corpora import Corpus
from explorer.text.tokens import Tokeniser, Vocabulary


@dataclass(frozen=True, slots=True)
class Data:
    """A corpus with its tokeniser, its vocabulary and every sentence as ids, in corpus order."""

    corpus: Corpus
    tokeniser: Tokeniser
    vocabulary: Vocabulary
    ids: list[list[int]]

    def select(self, split: str, max_tokens: int = 0) -> list[list[int]]:
        """The sentences of a split as ids, cut to `max_tokens` words (0: never cut)."""
        rows = self.corpus.rows(split)
        return [self.ids[row][:max_tokens] if max_tokens else self.ids[row] for row in rows]

    def draw(self, split: str, count: int, seed: int) -> list[int]:
        """Row numbers of at most `count` sentences of a split, drawn evenly, in order."""
        rows = self.corpus.rows(split)
        if len(rows) <= count:
            return rows
        return sorted(random.Random(seed).sample(rows, count))


def load(config: Config, vocabulary: Vocabulary | None = None) -> Data:
    """Reads and tokenises a run's corpus.

    Args:
        config: The recipe.
        vocabulary: A trained run's; without one, it is built from the training split.

    Raises:
        ExplorerError: If the corpus is not there or cannot be read.
    """
    corpus = corpora.load(config.corpus, config.seed)
    tokeniser = Tokeniser(config.corpus.lowercase, config.corpus.split_punctuation)
    tokens = [tokeniser.tokens(sentence) for sentence in corpus.sentences]
    if vocabulary is None:
        train = (tokens[row] for row in corpus.rows("train"))
        vocabulary = Vocabulary.build(train, config.corpus.vocabulary_size)
    return Data(corpus, tokeniser, vocabulary, [vocabulary.encode(row) for row in tokens])
