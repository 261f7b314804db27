"""Documents whose topics are known: they are drawn here from topics written for it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TOPICS = {
    "kitchen": "bread butter oven flour sugar salt soup onion knife plate recipe pepper",
    "sea": "boat harbour wave sail anchor fish tide island storm captain deck shore",
    "money": "bank loan price market trade tax profit coin debt share stock wage",
    "law": "court judge trial jury witness prison crime lawyer verdict police cell sentence",
    "sport": "team match goal player coach league court ball race medal score club",
    "sky": "star planet moon orbit telescope comet galaxy sun rocket light gravity dust",
    "body": "blood heart bone nerve cell skin muscle brain lung doctor vein fever",
    "music": "song piano violin choir melody rhythm concert drum note score opera band",
}
"""The words of each, the likeliest first; three of them are in two topics."""
_EVERYWHERE = "time year people day way thing place world part life hand house"
_SHARE = 0.25
"""Of the words that every document has alike."""
_CONCENTRATION = 0.2
"""Of the Dirichlet distribution of a document's topics: mostly one or two."""
_TEST = 500


@dataclass(frozen=True)
class Documents:
    """Bags of words, and what one could know of them at best."""

    words: Sequence[str]
    train: Sequence[Sequence[str]]
    test: Sequence[Sequence[str]]
    limit: float
    """Perplexity per word of the test documents, each one's topics known; no model is below it
    but by chance."""


def documents(count: int, length: int) -> Documents:
    """Draws documents: a mixture of topics for each, and from it every word (as LDA has it).

    The same test documents, whatever the number to train on.

    Args:
        count: To train on.
        length: Mean number of words.

    Source:
        Blei, Ng & Jordan (2003), Latent Dirichlet Allocation, section 3.
    """
    topics = [text.split() for text in (*TOPICS.values(), _EVERYWHERE)]
    words = sorted({word for topic in topics for word in topic})
    p_word = np.zeros((len(topics), len(words)))
    for row, topic in zip(p_word, topics, strict=True):
        for rank, word in enumerate(topic):
            row[words.index(word)] = 1 if topic is topics[-1] else 1 / (rank + 3)
    p_word /= p_word.sum(1, keepdims=True)
    random = np.random.default_rng(0)
    rows: list[list[str]] = []
    nats = 0.0
    for number in range(_TEST + count):
        shares = random.dirichlet(np.full(len(TOPICS), _CONCENTRATION))
        p = np.append((1 - _SHARE) * shares, _SHARE) @ p_word
        drawn = random.choice(len(words), max(1, random.poisson(length)), p=p)
        rows.append([words[index] for index in drawn])
        if number < _TEST:
            nats -= np.log(p[drawn]).sum()
    test = rows[:_TEST]
    return Documents(words, rows[_TEST:], test, float(np.exp(nats / sum(map(len, test)))))
