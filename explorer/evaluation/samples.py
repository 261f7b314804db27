"""Samples of a model: how new and how varied they are."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer.latent_space.neighbours import edit_distance

Sentences = Sequence[Sequence[str]]

_COMMON = 0.05
"""Words in more than this fraction of the training sentences are no use for finding one."""
_CANDIDATES = 20


def novelty(samples: Sentences, training: Sentences) -> float:
    """Fraction of samples that do not occur word for word in the training text.

    Raises:
        ValueError: If there are no samples.
    """
    if not samples:
        raise ValueError("no samples")
    known = {tuple(tokens) for tokens in training}
    return sum(tuple(tokens) not in known for tokens in samples) / len(samples)


def nearest_training(samples: Sentences, training: Sentences) -> list[float]:
    """Edit distance of each sample to its nearest training sentence, per word of the sample.

    The nearest is looked for among the 20 training sentences that share most rare words with the
    sample (TF-IDF), so a figure may be slightly too high, never too low.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    most = _COMMON if len(training) > 1000 else 1.0
    as_they_are: Any = list
    vectoriser = TfidfVectorizer(analyzer=as_they_are, max_df=most)
    if not _has_rare(training, most):
        vectoriser = TfidfVectorizer(analyzer=as_they_are)
    corpus: Any = vectoriser.fit_transform(training)
    queries: Any = vectoriser.transform(samples)
    result = []
    for row, tokens in enumerate(samples):
        scores = (corpus @ queries[row].T).toarray().ravel()
        count = min(_CANDIDATES, len(scores))
        candidates = np.argpartition(-scores, count - 1)[:count]
        distance = min(edit_distance(tokens, training[int(row)]) for row in candidates)
        result.append(distance / max(1, len(tokens)))
    return result


def _has_rare(sentences: Sentences, share: float) -> bool:
    """Whether some word occurs in at most that fraction of the sentences."""
    counts = Counter(word for tokens in sentences for word in set(tokens))
    return min(counts.values()) <= share * len(sentences)


def distinct_n(samples: Sentences, n: int = 2) -> float:
    """Distinct n-grams over all n-grams of the samples, 0 … 1; 0 where there are none.

    Source:
        Li et al. (2016), A Diversity-Promoting Objective Function, section 5. arXiv:1510.03055
    """
    grams = [gram for tokens in samples for gram in _grams(tokens, n)]
    return len(set(grams)) / len(grams) if grams else 0.0


def self_bleu(samples: Sentences) -> float:
    """BLEU-4 of each sample against all others as references, over the whole set, 0 … 100.

    High means that the samples repeat each other. Matches and lengths are summed over the
    samples before the ratio is taken, as corpus BLEU does; no smoothing.

    Raises:
        ValueError: For fewer than two samples.

    Source:
        Zhu et al. (2018), Texygen, section 3. arXiv:1802.01886
    """
    if len(samples) < 2:
        raise ValueError(f"self-BLEU needs at least two samples, got {len(samples)}")
    log_precisions = []
    for n in range(1, 5):
        total, unmatched = _unmatched([_grams(tokens, n) for tokens in samples])
        matches = total - unmatched
        if not matches:
            return 0.0
        log_precisions.append(np.log(matches / total))
    length_of_samples = sum(map(len, samples))
    meant = _closest_lengths([len(tokens) for tokens in samples])
    brevity = min(0.0, 1 - meant / length_of_samples)
    return float(100 * np.exp(brevity + np.mean(log_precisions)))


def _grams(tokens: Sequence[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(tokens[start : start + n]) for start in range(len(tokens) - n + 1)]


def _unmatched(sentences: Sequence[Sequence[tuple[str, ...]]]) -> tuple[int, int]:
    """How many n-grams there are, and how many no other sentence has as often.

    A sentence's n-gram counts as often as the other sentence that has it most often; only in the
    sentence that has it most often of all can it stand more often than that.
    """
    total, most, next_most = 0, Counter(), Counter()
    for grams in sentences:
        total += len(grams)
        for gram, count in Counter(grams).items():
            if count > most[gram]:
                most[gram], next_most[gram] = count, most[gram]
            elif count > next_most[gram]:
                next_most[gram] = count
    return total, most.total() - next_most.total()


def _closest_lengths(lengths: Sequence[int]) -> int:
    """Sum over the sentences of the length of the other sentence closest to it in length."""
    ordered = sorted(lengths)
    total = 0
    for number, length in enumerate(ordered):
        near = [ordered[other] for other in (number - 1, number + 1) if 0 <= other < len(ordered)]
        total += min(near, key=lambda other: (abs(other - length), other))
    return total
