"""What Paths and Arithmetic open on: of a few candidates, the one whose decodes show the point."""

import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

from explorer.explore.example_sentences import example_rows
from explorer.explore.run import Run
from explorer.latent_space.arithmetic import examples
from explorer.latent_space.home_box import home_box
from explorer.models.decoding_settings import Decoding
from explorer.system.cache import Cache

_EXAMPLES = 48  # sentences whose pairs are candidates for a path
_PATHS = 128  # pairs that are decoded, once a step
_BEST = 6  # of these, decoded as the page does
_STEPS = 9
_APART = 0.2  # distance of a path's ends on the map, in sides of its first view
_ENOUGH = 5  # different sentences on a path, beyond which the largest change counts
_ANALOGIES = 24  # triples that are decoded

_paths: Cache[tuple[str, str]] = Cache(16)
_analogies: Cache[tuple[str, str, str]] = Cache(16)


def opening_path(run: Run) -> tuple[str, str]:
    """Two example sentences with several different sentences between them.

    Of pairs of a run's examples, from the nearest to the farthest, the pair whose straight path
    has five different sentences, without a word that no sentence of the map has; of equals, the
    one whose largest change of words is smallest.

    Raises:
        ExplorerError: If the run has no map, or its model does not open.
    """
    return _paths.get((run, run.texts_are_real), lambda: _choose_path(run))


def _choose_path(run: Run) -> tuple[str, str]:
    rows = example_rows(run, _EXAMPLES)
    mean = run.needed_atlas.mean[rows]
    pairs = list(itertools.combinations(range(len(rows)), 2))
    pairs = _in_first_view(run, rows, pairs) or pairs
    if not pairs:
        return run.texts[rows[0]], run.texts[rows[0]]
    distance = [float(np.linalg.norm(mean[a] - mean[b])) for a, b in pairs]
    order = np.argsort(distance, kind="stable")
    tried = [pairs[index] for index in order[:: math.ceil(len(order) / _PATHS)]]
    share = np.linspace(0, 1, _STEPS, dtype=np.float32)[:, None]

    spelled = {word for text in run.texts for word in _words(text)}

    def key(texts: Sequence[str]) -> tuple[int, int, float]:
        invented = {word for text in texts for word in _words(text)} - spelled
        return len(invented), *_abruptness(texts)

    def smoothest(pairs: list[tuple[int, int]], tries: int) -> list[tuple[int, int]]:
        z = np.concatenate([mean[a] + share * (mean[b] - mean[a]) for a, b in pairs])
        texts = run.decode(z, Decoding(nearest=tries))
        paths = [texts[start : start + _STEPS] for start in range(0, len(texts), _STEPS)]
        order = sorted(range(len(pairs)), key=lambda index: key(paths[index]))
        return [pairs[index] for index in order]

    first, last = smoothest(smoothest(tried, 1)[:_BEST], max(1, run.candidates // 2))[0]
    return run.texts[rows[first]], run.texts[rows[last]]


def _in_first_view(
    run: Run, rows: Sequence[int], pairs: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """The pairs whose path is seen on the map: in its first view, its ends far enough apart."""
    xy, box = run.needed_atlas.xy, home_box(run.needed_atlas.xy)
    low, high = np.array([box.left, box.bottom]), np.array([box.right, box.top])
    position = (xy[rows] - low) / np.maximum(high - low, 1e-9)
    is_inside: np.ndarray = np.all((position >= 0) & (position <= 1), axis=1)
    return [
        (a, b)
        for a, b in pairs
        if is_inside[a] and is_inside[b] and np.linalg.norm(position[a] - position[b]) >= _APART
    ]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _abruptness(texts: Sequence[str]) -> tuple[int, float]:
    """Sort key of a decoded path: few different sentences, else the largest change of words."""
    changes = (1 - overlap(a, b) for a, b in itertools.pairwise(texts))
    return -min(len(set(texts)), _ENOUGH), max(changes, default=0.0)


def opening_analogy(run: Run) -> tuple[str, str, str]:
    """A, B and C, where C moved by B − A takes B's word and keeps its others.

    Of frequent pairs of words in which sentences differ, the first whose decode says the new
    word and not the old one and keeps most of C; without one, the pair that comes closest.

    Raises:
        ExplorerError: If the run has no map, or its model does not open.
    """
    return _analogies.get(run, lambda: _choose_analogy(run))


def _choose_analogy(run: Run) -> tuple[str, str, str]:
    # Reconstructions: the model reconstructs them well, and many differ in one word.
    triples = examples(run.needed_atlas.reconstruction, _ANALOGIES)
    a, b, c = (run.encode([triple[corner] for triple in triples]) for corner in range(3))
    decoded = run.decode(_moved(a, b, c))
    success = [_success(*triple, text) for triple, text in zip(triples, decoded, strict=True)]
    return triples[int(np.argmax(success))]


def _moved(
    a: Float32[np.ndarray, "n d"], b: Float32[np.ndarray, "n d"], c: Float32[np.ndarray, "n d"]
) -> Float32[np.ndarray, "n d"]:
    return c + (b - a)


def _success(a: str, b: str, c: str, result: str) -> float:
    """Overlap of a result with C, A's word replaced by B's, and 1 more if it says B's word."""
    old, new = set(a.split()) - set(b.split()), set(b.split()) - set(a.split())
    if len(old) != 1 or len(new) != 1:
        return 0.0
    (word,), (other,) = old, new
    wanted = " ".join(other if token == word else token for token in c.split())
    says_it = other in result.split() and word not in result.split()
    return overlap(wanted, result) + says_it


def overlap(one: str, other: str) -> float:
    """The F1 of the words that two texts share, 0 to 1."""
    a, b = Counter(one.split()), Counter(other.split())
    return 2 * (a & b).total() / max(a.total() + b.total(), 1)
