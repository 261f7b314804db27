"""Arithmetic with latent points: analogies, directions between groups, one dimension at a time."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from jaxtyping import Float

from explorer.errors import ExplorerError

_WORDS = range(4, 13)  # words of a sentence that serves as an example
_MAX_TEXTS = 20_000  # searched for an example


def analogy(
    a: Float[np.ndarray, " d"],
    b: Float[np.ndarray, " d"],
    c: Float[np.ndarray, " d"],
    k: Float[np.ndarray, " steps"],
) -> Float[np.ndarray, "steps d"]:
    """The analogy c + k·(b − a) for every k: A is to B as C is to the result.

    k = 0 is `c`, k = 1 the full analogy; a negative k reverses the direction.

    Source:
        Mikolov, Yih & Zweig (2013), Linguistic Regularities in Continuous Space Word
        Representations. k for sentences: Shen et al. (2020), Educating Text Autoencoders,
        arXiv:1905.12777.
    """
    k = np.asarray(k, np.float64)[:, None]
    with np.errstate(over="ignore"):  # whoever decodes infinity says so
        return (c + k * (b.astype(np.float64) - a)).astype(c.dtype)


def direction(
    positive: Float[np.ndarray, "n d"], negative: Float[np.ndarray, "m d"]
) -> Float[np.ndarray, " d"]:
    """The difference of the means of two groups of points, positive minus negative.

    Raises:
        ExplorerError: If a group is empty.
    """
    for group in (positive, negative):
        if not len(group):
            raise ExplorerError("a direction needs at least one sentence on both sides")
    return positive.mean(axis=0, dtype=np.float64) - negative.mean(axis=0, dtype=np.float64)


def separation(
    positive: Float[np.ndarray, "n d"], negative: Float[np.ndarray, "m d"]
) -> float | None:
    """How well the direction between two groups separates them: Cohen's d.

    The direction is computed from a random half of the points and evaluated on the others: in
    many dimensions, any two groups look separate on the points that define the direction. Equal
    points are in one half. About 0 where the groups do not differ, 0.8 is called large; None where
    a half has fewer than two points, or no variance.
    """
    (up, high), (down, low) = _halves(positive), _halves(negative)
    if min(map(len, (up, high, down, low))) < 2:
        return None
    axis = direction(up, down)
    high, low = high @ axis, low @ axis
    freedom = len(high) + len(low) - 2
    pooled = ((high - high.mean()) ** 2).sum() + ((low - low.mean()) ** 2).sum()
    width = float(np.sqrt(pooled / freedom))
    return float(high.mean() - low.mean()) / width if width > 0 else None


def _halves(
    points: Float[np.ndarray, "n d"],
) -> tuple[Float[np.ndarray, "k d"], Float[np.ndarray, "r d"]]:
    """Two halves of the points at random, the same ones each time; equal points in one of them."""
    random = np.random.default_rng(0)
    # Equal points have equal projections, up to rounding, and hardly any others do.
    projections = np.round(points @ random.standard_normal(points.shape[1]), 6)
    _, which = np.unique(projections, return_inverse=True)
    is_first = (random.permutation(which.max(initial=-1) + 1) % 2 == 0)[which]
    return points[is_first], points[~is_first]


def random_direction(length: float, dimensions: int, seed: int) -> Float[np.ndarray, " d"]:
    """A uniformly drawn direction of a given length: the control of a meaningful one."""
    drawn = np.random.default_rng(seed).standard_normal(dimensions)
    return drawn * (length / np.linalg.norm(drawn))


def traverse(
    z: Float[np.ndarray, " d"], dimension: int, values: Float[np.ndarray, " steps"]
) -> Float[np.ndarray, "steps d"]:
    """The point with one coordinate set to each value.

    Raises:
        ExplorerError: If there is no such dimension; they count from 0.
    """
    if not 0 <= dimension < len(z):
        raise ExplorerError(f"dimension {dimension} is not between 0 and {len(z) - 1}")
    points = np.tile(z, (len(values), 1))
    points[:, dimension] = values
    return points


def examples(texts: Sequence[str], count: int = 1) -> list[tuple[str, str, str]]:
    """Triples to start with, out of many texts: A and B differ in one word, C has A's word.

    The word and its replacement are those in which most pairs of sentences differ: the first
    triple has the most frequent such pair of words, the next another one.

    Args:
        texts: Sentences.
        count: The most triples wanted.

    Returns:
        At least one: without such a pair, three sentences far apart in the list.

    Raises:
        ExplorerError: If there is no sentence.
    """
    if not len(texts):
        raise ExplorerError("there is no sentence for an example")
    split = {text: text.split() for text in texts[:_MAX_TEXTS]}
    split = {text: words for text, words in split.items() if len(words) in _WORDS}
    count_of = Counter(texts)
    triples: list[tuple[str, str, str]] = []
    for (word, other), (a, b) in _differing_in_one_word(split):
        if len(triples) == count:
            break
        fit = [text for text, words in split.items() if word in words and other not in words]
        fit = [text for text in fit if text != a]
        if fit:
            triples.append((a, b, _typical(a, fit, count_of)))
    third = len(texts)
    return triples or [(texts[third // 5], texts[third // 2], texts[4 * third // 5])]


def _differing_in_one_word(
    split: Mapping[str, Sequence[str]],
) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Pairs of words, the most frequent first, each with two texts that differ in them alone."""
    pairs: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], tuple[str, str]] = {}
    frames: dict[tuple[str, ...], tuple[str, str]] = {}
    for text, words in split.items():
        for index, word in enumerate(words):
            if len(word) < 3 or not re.fullmatch(r"[^\W\d_]+", word):
                continue
            frame = (*words[:index], "", *words[index + 1 :])
            known, other = frames.setdefault(frame, (text, word))
            if other != word:
                pairs[other, word] += 1
                first.setdefault((other, word), (known, text))
    return ((pair, first[pair]) for pair, _ in pairs.most_common())


def _typical(a: str, texts: Sequence[str], count_of: Mapping[str, int]) -> str:
    """The most frequent text that shares at most half of a's words, or that shares fewest."""
    near = set(a.split())

    def rank(text: str) -> tuple[bool, int, int]:
        shared = len(near & set(text.split()))
        return 2 * shared > len(near), -count_of[text], shared

    return min(texts, key=rank)
