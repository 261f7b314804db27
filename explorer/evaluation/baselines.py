"""Baselines without a VAE: captions retrieved by their words, and copied training sentences."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from explorer.evaluation.retrieval import Retrieval, retrieve

DIMENSIONS = 32
_WORD_DIMENSIONS = 100
_SIF = 1e-3
_MEMORY = 256  # MiB of similarities held at once

Sentences = Sequence[Sequence[str]]


def content_words(tokens: Sequence[str]) -> list[str]:
    """The tokens with a letter or digit, without scikit-learn's English stop words."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return [
        word for word in tokens if word not in ENGLISH_STOP_WORDS and any(map(str.isalnum, word))
    ]


def by_fitted_words(
    tokens: Sentences,
    groups: Sequence[int],
    training: Sentences,
    seed: int,
    dimensions: int = DIMENSIONS,
) -> dict[str, Retrieval]:
    """Scores of retrieval by vectors of content words, all fitted to the training sentences.

    Returns:
        `random_projection_32`, of TF-IDF; `sif_32`, the principal components of SIF-weighted means
        of word vectors (see `sentence_means`), and `sif_32_white`, these with unit variance. Empty
        where there are too few words.
    """
    from sklearn.decomposition import PCA
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
    from sklearn.random_projection import GaussianRandomProjection

    settings: dict[str, Any] = {"analyzer": content_words, "dtype": np.float32}
    counter = CountVectorizer(**settings)
    try:
        fitted: Any = counter.fit_transform(training)
    except ValueError:  # no word is left
        return {}
    if min(fitted.shape) <= dimensions:
        return {}
    counts: Any = counter.transform(tokens)
    weights = TfidfTransformer().fit(fitted)
    size: Any = dimensions  # its stub knows "auto" only
    projection = GaussianRandomProjection(size, random_state=seed).fit(fitted)
    projected: Any = projection.transform(weights.transform(counts))
    fitted_means, means = sentence_means(fitted, counts, seed)
    plane = PCA(min(dimensions, means.shape[1]), random_state=seed).fit(fitted_means)
    codes = plane.transform(means)
    deviations = np.sqrt(plane.explained_variance_.clip(min=np.finfo(np.float32).tiny))
    return {
        f"random_projection_{dimensions}": retrieve(projected, groups),
        f"sif_{dimensions}": retrieve(codes, groups),
        f"sif_{dimensions}_white": retrieve(codes / deviations, groups),
    }


def sentence_means(
    fitted: Any, counts: Any, seed: int
) -> tuple[Float[np.ndarray, "m d"], Float[np.ndarray, "n d"]]:
    """Sentence vectors: means of word vectors, each weighted by a / (a + p(word)), a = 0.001.

    Word vectors are U·√Σ of the truncated SVD (100 dimensions) of the positive pointwise mutual
    information of two words in one sentence.

    Args:
        fitted: Sparse sentence–word counts, the source of word vectors and frequencies.
        counts: Of other sentences, over the same words.
        seed: Of the SVD.

    Source:
        Levy & Goldberg (2014), Neural word embedding as implicit matrix factorization, section 5;
        Arora et al. (2017), A simple but tough-to-beat baseline for sentence embeddings.
    """
    from sklearn.decomposition import TruncatedSVD

    frequency = np.asarray(fitted.sum(0)).ravel()
    information = _ppmi(fitted)
    size = min(_WORD_DIMENSIONS, len(frequency) - 1)
    svd = TruncatedSVD(size, random_state=seed)
    vectors = svd.fit_transform(information)
    vectors /= np.sqrt(svd.singular_values_.clip(min=np.finfo(np.float32).tiny))
    vectors *= (_SIF / (_SIF + frequency / frequency.sum()))[:, None]
    lengths = [np.asarray(part.sum(1)).clip(min=1.0) for part in (fitted, counts)]
    return fitted @ vectors / lengths[0], counts @ vectors / lengths[1]


def _ppmi(counts: Any) -> Any:
    """Positive pointwise mutual information of every two words that share a sentence, sparse."""
    from scipy.sparse import coo_matrix

    present = (counts > 0).astype(np.float32)
    together = (present.T @ present).tocoo()
    apart = together.row != together.col
    row, column, count = together.row[apart], together.col[apart], together.data[apart]
    marginal = np.bincount(row, weights=count, minlength=together.shape[0])
    expected = marginal[row] * marginal[column] / max(count.sum(), 1.0)
    information = np.log(count / expected).clip(min=0.0).astype(np.float32)
    return coo_matrix((information, (row, column)), shape=together.shape).tocsr()


def by_encoder(
    vectors: Float[np.ndarray, "n d"],
    groups: Sequence[int],
    training: Float[np.ndarray, "m d"],
    dimensions: int = DIMENSIONS,
) -> Retrieval:
    """Scores of the first principal components of a pre-trained encoder's vectors.

    Args:
        vectors: Of the captions.
        groups: Of the captions.
        training: Vectors that the components are fitted to.
        dimensions: Number of components.
    """
    from sklearn.decomposition import PCA

    plane = PCA(min(dimensions, *training.shape), random_state=0).fit(training)
    return retrieve(plane.transform(vectors), groups)


def copies(tokens: Sentences, training: Sentences) -> list[list[str]]:
    """The nearest training sentence of each sentence by the cosine of TF-IDF vectors.

    Args:
        tokens: Sentences.
        training: Sentences to copy from, with at least one word.
    """
    from sklearn import config_context
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.neighbors import NearestNeighbors

    as_they_are: Any = list
    vectoriser = TfidfVectorizer(analyzer=as_they_are)
    known = vectoriser.fit_transform(training)
    index = NearestNeighbors(n_neighbors=1, metric="cosine", algorithm="brute").fit(known)
    with config_context(working_memory=_MEMORY):
        nearest = index.kneighbors(vectoriser.transform(tokens), return_distance=False)
    return [list(training[int(row)]) for row in nearest[:, 0]]
