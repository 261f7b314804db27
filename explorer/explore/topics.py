"""The topics of a run of documents: words, coherence, share, and its foremost documents."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from explorer.errors import ExplorerError
from explorer.latent_space.topics import COHERENT, contrast, top_words

if TYPE_CHECKING:
    from explorer.explore.mapped_run import MappedRun

DOCUMENTS = 5
"""Documents that are listed for a topic."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic, or one end of a dimension of an unbounded latent space."""

    number: int
    name: str
    """`3` of a topic; `3+` or `3−` of an end of dimension 3."""
    words: list[str]
    """The most telling first."""
    probabilities: list[float]
    """Of the words where the topic is alone."""
    npmi: float | None
    """Coherence on the training documents, −1 to 1; None before `explorer evaluate`."""
    share: float
    """Mean share of the documents of the map, 0 to 1."""
    count: int
    """Documents of the map of which it is the largest topic."""
    documents: list[int]
    """Atlas indexes of those with the largest shares."""


@dataclass(frozen=True, slots=True)
class TopicModel:
    """All topics of a run as arrays."""

    words: Float[np.ndarray, "topics vocabulary"]
    """p(w | topic), where the topic is alone."""
    documents: Float[np.ndarray, "n topics"]
    """The share of each topic in each document of the map; rows sum to 1."""


def topic_model(run: "MappedRun") -> TopicModel:
    """The topics of a run.

    Raises:
        ExplorerError: If its model is not one of documents, or it has no map.
    """
    import torch

    from explorer.models.words import WordsDecoder

    if not run.is_of_documents:
        raise ExplorerError(
            f"{run.name} is a model of sentences: topics need a run made with `explorer new … "
            "--documents`"
        )
    model = run.model
    assert isinstance(model.decoder, WordsDecoder)
    with torch.inference_mode():
        points = model.latent.topic_points()
        padding = points.new_zeros(len(points), len(run.config.model.labels))
        words = model.decoder.word_log_probs(torch.cat([points, padding], 1)).exp()
        shares = model.latent.topic_shares(torch.from_numpy(run.needed_atlas.mean))
    return TopicModel(words.double().numpy(), shares.double().numpy())


def topics(run: "MappedRun", words: int = COHERENT) -> list[Topic]:
    """The topics of a run, the most coherent first; all of them.

    Args:
        run: Of documents.
        words: How many to list for each.

    Raises:
        ExplorerError: As `topic_model`.
    """
    model = topic_model(run)
    top = top_words(contrast(model.words), words)
    largest = np.bincount(model.documents.argmax(1), minlength=len(top))
    each = run.metrics.get("npmi", {}).get("by_topic") or [None] * len(top)
    both = len(top) > run.config.model.latent_dim
    result = []
    for number, row in enumerate(top.tolist()):
        axis = number % run.config.model.latent_dim
        sign = ("+" if number == axis else "−") if both else ""
        result.append(
            Topic(
                number,
                f"{axis}{sign}",
                [run.vocabulary.entries[word] for word in row],
                model.words[number, row].tolist(),
                each[number] if len(each) == len(top) else None,
                float(model.documents[:, number].mean()),
                int(largest[number]),
                np.argsort(-model.documents[:, number], kind="stable")[:DOCUMENTS].tolist(),
            )
        )
    return sorted(result, key=lambda topic: -(topic.npmi if topic.npmi is not None else -2.0))


def topic_info(run: "MappedRun") -> Any:
    """A pandas table with the columns of BERTopic's `get_topic_info`, and NPMI and share."""
    import pandas as pd

    texts = run.texts
    return pd.DataFrame(
        {
            "Topic": item.number,
            "Count": item.count,
            "Name": "_".join([item.name, *item.words[:4]]),
            "Representation": item.words,
            "Representative_Docs": [texts[row] for row in item.documents],
            "NPMI": item.npmi,
            "Share": item.share,
        }
        for item in topics(run)
    )


def octis(run: "MappedRun") -> dict[str, Any]:
    """The output of a model as OCTIS (Terragni et al. 2021) takes it.

    Returns:
        `topics`, the ten words of each; `topic-word-matrix` (topics, vocabulary), probabilities;
        `topic-document-matrix` (topics, documents of the map), shares; in the order of the model.
    """
    model = topic_model(run)
    entries = run.vocabulary.entries
    top = top_words(contrast(model.words), COHERENT)
    return {
        "topics": [[entries[word] for word in row] for row in top.tolist()],
        "topic-word-matrix": model.words,
        "topic-document-matrix": model.documents.T,
    }
