"""A corpus as token ids, by split."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from explorer.config import Config, is_borrowed
from explorer.errors import ExplorerError
from explorer.models.decoders import DECODERS
from explorer.models.label_conditioning import NO_LABEL
from explorer.text import corpora, vocabularies
from explorer.text.corpora import Corpus
from explorer.text.tokens import Tokeniser
from explorer.text.vocabularies import VOCABULARIES
from explorer.text.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Data:
    """A corpus with its tokeniser, its vocabulary and every sentence as ids, in corpus order."""

    corpus: Corpus
    tokeniser: Tokeniser
    vocabulary: Vocabulary
    ids: list[list[int]]
    labels: list[int]
    """Of a conditional model: each sentence's index in `model.labels`, or NO_LABEL; else empty."""

    def select(self, split: str, max_tokens: int = 0) -> list[list[int]]:
        """The sentences of a split as ids, cut to `max_tokens` ids; 0 cuts none."""
        rows = self.corpus.rows(split)
        return [self.ids[row][:max_tokens] if max_tokens else self.ids[row] for row in rows]

    def labels_of(self, rows: Sequence[int]) -> list[int]:
        """The labels of some rows; empty unless the model is conditional."""
        return [self.labels[row] for row in rows] if self.labels else []

    def groups_of(self, rows: Sequence[int]) -> list[int] | None:
        """The groups of some rows; None if the corpus has none."""
        groups = self.corpus.groups
        return None if groups is None else [groups[row] for row in rows]

    def draw(self, split: str, count: int, seed: int) -> list[int]:
        """Row numbers of at most `count` sentences of a split, a random sample in order."""
        rows = self.corpus.rows(split)
        if len(rows) <= count:
            return rows
        return sorted(random.Random(seed).sample(rows, count))


def load(config: Config, vocabulary: Vocabulary | None = None) -> Data:
    """Reads and tokenises a run's corpus.

    Args:
        config: The recipe.
        vocabulary: Of a trained run; None builds one from the training split.

    Raises:
        ExplorerError: If the corpus is missing or cannot be read, or lacks the labels of a
            conditional model.
    """
    check_order(config)
    corpus = corpora.load(config.corpus, config.seed)
    tokeniser = Tokeniser.of(config.corpus)
    tokens = [tokeniser.tokens(sentence) for sentence in corpus.sentences]
    if vocabulary is None:
        rows = corpus.rows("train")
        train = Counter(
            word for row in rows for word in vocabularies.counted(config.corpus, tokens[row])
        )
        vocabulary = vocabularies.learn(config.corpus, train, len(rows))
    ids = [vocabulary.encode(row) for row in tokens]
    labels = _labels(corpus, config.model.labels, is_borrowed(config))
    return Data(corpus, tokeniser, vocabulary, ids, labels)


def check_order(config: Config) -> None:
    """Checks that bags of words get a decoder without order, and sentences one with it.

    Raises:
        ExplorerError: If they do not.
    """
    decoder = DECODERS.get(config.model.decoder["name"])
    if decoder and decoder.has_order != VOCABULARIES[config.corpus.tokens].has_order:
        raise ExplorerError(
            'corpus.tokens = "bag" and model.decoder = { name = "words" } need each other: a '
            "bag of words has no order"
        )


def _labels(corpus: Corpus, labels: Sequence[str], may_lack: bool) -> list[int]:
    """Each sentence's index in `labels`; NO_LABEL for another label or none.

    Args:
        corpus: The sentences.
        labels: Of the model.
        may_lack: Whether the corpus may have other labels, or none.
    """
    if not labels:
        return []
    if may_lack and corpus.labels is None:
        return [NO_LABEL] * len(corpus.sentences)
    if corpus.labels is None:
        raise ExplorerError(
            f"model.labels: {corpus.name} has no labels; name their column in corpus.label_column"
        )
    index = {label: number for number, label in enumerate(labels)}
    missing = sorted(index.keys() - set(corpus.labels))
    if missing and not may_lack:
        raise ExplorerError(f"model.labels: {corpus.name} has no label {missing[0]!r}")
    return [index.get(label, NO_LABEL) for label in corpus.labels]
