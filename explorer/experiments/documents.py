"""A neural document model beside its elders: perplexity, and whether it finds planted topics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from explorer.config import Config, from_table
from explorer.experiments.experiment import (
    BARS,
    Chart,
    Experiment,
    Figure,
    Link,
    Outcome,
    Series,
    Table,
    Watch,
    setting,
)
from explorer.experiments.planted_documents import TOPICS, Documents, documents
from explorer.explore.small_model import SmallModel, train_small

if TYPE_CHECKING:
    from explorer.training.progress import Report

NVDM, TOPIC_MODEL = "NVDM", "topic model"
MODELS: Mapping[str, dict[str, Any]] = {
    NVDM: {"latent": {"name": "gaussian"}, "decoder": {"name": "words"}},
    TOPIC_MODEL: {
        "latent": {"name": "simplex"},
        "decoder": {"name": "words", "batch_norm": True},
    },
}
"""The decoder adds the logits of z's dimensions in both; a Gaussian z or shares of topics."""
_UNIGRAMS = "unigrams"
_LEARNED = 0.8
"""Of the unigrams' perplexity: below it a model learned what documents are about."""
_TOP, _OWN = 8, 6
"""Words of a learned topic that are looked at, and how many make it a planted one."""


@dataclass(frozen=True)
class Settings:
    """What may be changed."""

    topics: int = setting(8, "dimensions of z, and number of LDA topics", 2, 30)
    documents: int = setting(2000, "documents to train on", 200, 20000)
    length: int = setting(60, "mean number of words in a document", 5, 300)
    epochs: int = setting(20, "epochs of each model with an encoder", 1, 100)


def recipe(name: str, settings: Settings, seed: int) -> Config:
    """The recipe of one of `MODELS`: log counts through a hidden layer, words in any order.

    Source:
        Miao, Yu & Blunsom (2016), Neural Variational Inference for Text Processing,
        arXiv:1511.06038, section 3; with a simplex Srivastava & Sutton (2017), arXiv:1703.01488.
    """
    return from_table(
        {
            "seed": seed,
            "corpus": {"name": "planted", "tokens": "bag", "max_tokens": 100_000},
            "model": {
                "embedding_dim": 64,
                "latent_dim": settings.topics,
                "encoder": {"name": "words", "dropout": 0.1},
                **MODELS[name],
            },
            "objective": {
                "rate": {"name": "plain"},
                "schedule": {"name": "linear", "epochs": settings.epochs / 4},
                "per_word": True,
            },
            "training": {
                "epochs": settings.epochs,
                "pretrain_epochs": 0,
                "batch_size": 50,
                "learning_rate": 0.005,
                "bf16": False,
            },
        }
    )


def topics_of(trained: SmallModel) -> Float[np.ndarray, "topics vocabulary"]:
    """p(w | topic), where a topic is alone: a corner of the simplex, or an end of a dimension."""
    import torch

    from explorer.models.words import WordsDecoder

    model = trained.model
    assert isinstance(model.decoder, WordsDecoder)
    with torch.inference_mode():
        points = model.latent.topic_points()
        return model.decoder.word_log_probs(points).exp().double().numpy()


def top_words(trained: SmallModel) -> list[list[str]]:
    """The words that tell each topic from the others, the first one most."""
    from explorer.latent_space.topics import contrast
    from explorer.latent_space.topics import top_words as best

    rows = best(contrast(topics_of(trained)), _TOP)
    return [[trained.vocabulary.entries[word] for word in row] for row in rows]


def matched(learned: Sequence[Sequence[str]]) -> dict[int, tuple[int, int]]:
    """Planted topics paired with learned ones, each at most once, sharing the most words.

    Args:
        learned: The top words of each learned topic.

    Returns:
        By the index of a planted topic that of a learned one, and how many words they share.
    """
    from scipy.optimize import linear_sum_assignment

    planted = [set(text.split()) for text in TOPICS.values()]
    shared = np.array([[len(topic & set(row)) for row in learned] for topic in planted])
    own, its = linear_sum_assignment(-shared)
    return {
        int(topic): (int(other), int(shared[topic, other]))
        for topic, other in zip(own, its, strict=True)
    }


def recovered(learned: Sequence[Sequence[str]]) -> int:
    """How many planted topics are learned: at least six of the top eight words are theirs."""
    return sum(count >= _OWN for _, count in matched(learned).values())


def run(settings: Settings, seed: int, watch: Watch) -> Outcome:
    """Fits unigrams, mixtures, LDA, NVDM and a topic model to the same documents."""
    data = documents(settings.documents, settings.length)
    steps = len(MODELS) + 1
    elders = _elders(data, settings, seed, watch, steps)
    curves: dict[str, list[tuple[float, float]]] = {}
    learned: dict[str, list[list[str]]] = {}
    words = np.mean([len(row) for row in data.test])
    for number, name in enumerate(MODELS, 1):
        curves[name] = []

        def report(item: "Report", number: int = number, name: str = name) -> None:
            if item.validation:
                nats = item.validation["distortion"] + item.validation["rate"]
                curves[name].append((item.epoch, float(np.exp(nats / words))))
            done = (number + item.epoch / item.epochs) / steps
            watch(done, f"training: {name}", [_curves(curves, elders)])

        trained = train_small(recipe(name, settings, seed), data.train, data.test, report)
        learned[name] = top_words(trained)
    return _outcome(data, elders, curves, learned)


def _elders(
    data: Documents, settings: Settings, seed: int, watch: Watch, steps: int
) -> dict[str, float]:
    """Perplexity per word of held-out documents under models without an encoder."""
    from explorer.evaluation.document_baselines import baselines
    from explorer.models.unigram_mixture import counted

    index = {word: number for number, word in enumerate(data.words)}
    train, test = (
        counted([[index[word] for word in row] for row in rows], len(index))
        for rows in (data.train, data.test)
    )
    watch(0.0, "fitting unigrams, mixtures by EM, and LDA", [])
    result = {}
    for scores in baselines(train, test, settings.topics, seed):
        assert scores.per_word is not None
        result[scores.title] = float(scores.per_word)
        done = len(result) / (len(result) + 1)  # of an unknown number
        watch(done / steps, f"fitted: {scores.title}", [_bars(result)])
    return result


def _outcome(
    data: Documents,
    elders: Mapping[str, float],
    curves: Mapping[str, Sequence[tuple[float, float]]],
    learned: Mapping[str, Sequence[Sequence[str]]],
) -> Outcome:
    ends = {name: curve[-1][1] for name, curve in curves.items()}
    mixture = min(value for name, value in elders.items() if name.startswith("mixture"))
    lda = next(value for name, value in elders.items() if name.startswith("LDA"))
    counts = {name: recovered(words) for name, words in learned.items()}
    is_lower = ends[NVDM] < min(_LEARNED * elders[_UNIGRAMS], mixture)
    finds = counts[TOPIC_MODEL] > counts[NVDM]
    seen = (
        f"Perplexity per word on {len(data.test)} held-out documents: unigrams "
        f"{elders[_UNIGRAMS]:.1f}, the best mixture of unigrams {mixture:.1f}, LDA {lda:.1f}, "
        f"NVDM {ends[NVDM]:.1f}, the topic model with an encoder {ends[TOPIC_MODEL]:.1f}; "
        f"{data.limit:.1f} with the true topics. Of {len(TOPICS)} planted topics the topic model "
        f"recovers {counts[TOPIC_MODEL]}, the dimensions of NVDM {counts[NVDM]}. "
    )
    if not is_lower:
        seen += (
            "NVDM did not learn what the documents are about: give it more documents, or more "
            "epochs."
        )
    elif not finds:
        seen += "Here the dimensions of NVDM are topics as good as those of a simplex."
    elif ends[NVDM] < lda:
        seen += "NVDM predicts best, even on documents drawn from LDA's own generative process."
    else:
        seen += (
            "NVDM comes close to LDA, whose own generative process made these documents; its "
            "dimensions mix topics."
        )
    return Outcome(
        seen,
        is_lower and finds,
        [
            *(Figure(f"perplexity, {name}", value, "per word") for name, value in ends.items()),
            *(Figure(f"perplexity, {name}", value, "per word") for name, value in elders.items()),
            Figure("perplexity, topics known", data.limit, "per word"),
            *(Figure(f"planted topics found, {name}", n) for name, n in counts.items()),
        ],
        [_curves(curves, elders), _bars({**elders, **ends, "topics known": data.limit})],
        [_table(learned)],
        [Link("Topics of 20 Newsgroups", "topics", {"run": "newsgroups-topics"})],
    )


def _curves(
    curves: Mapping[str, Sequence[tuple[float, float]]], elders: Mapping[str, float]
) -> Chart:
    last = max([1.0, *(epoch for curve in curves.values() for epoch, _ in curve)])
    series = [Series.of(name, curve) for name, curve in curves.items() if curve]
    series += [
        Series.of(name, [(0.0, value), (last, value)])
        for name, value in elders.items()
        if "mixture" not in name
    ]
    return Chart("Held-out documents during training", "epoch", "perplexity per word", series)


def _bars(ends: Mapping[str, float]) -> Chart:
    bars = [Series("perplexity", list(ends), list(ends.values()))]
    return Chart("Held-out documents", "", "perplexity per word", bars, BARS)


def _table(learned: Mapping[str, Sequence[Sequence[str]]]) -> Table:
    """Every planted topic, and the learned ones most like it; empty where none is left."""
    columns = {}
    for name, words in learned.items():
        rows = {
            topic: f"{', '.join(words[other])} ({count} of {_TOP})"
            for topic, (other, count) in matched(words).items()
        }
        columns[f"{name}: words of the nearest"] = [
            rows.get(topic, "") for topic in range(len(TOPICS))
        ]
    return Table("Planted topics and learned topics", {"planted": list(TOPICS), **columns})


EXPERIMENT = Experiment(
    title="A neural document model finds what documents are about",
    claim="A VAE on bags of words predicts held-out documents better than mixtures of unigrams "
    "and about as well as LDA, and finds their topics.",
    trains="NVDM (a Gaussian z) and a topic model (z on a simplex) on 2,000 documents drawn from "
    "eight topics by LDA's generative process; unigrams, mixtures by EM and LDA for comparison.",
    seconds=25,
    seed=3,
    expected="NVDM has less than 0.8 of the unigram perplexity, below every mixture and close "
    "to LDA. The topic model recovers the planted topics; the dimensions of NVDM mix "
    "them.",
    run=run,
    settings=Settings,
    change="Shorter documents say less about their topics; with fewer than eight, topics must be "
    "mixed. The same on real documents: explorer new news --corpus 20news.",
    sketch=(
        (0.9, 0.45, 0.32, 0.28, 0.26, 0.25),
        (1.0, 0.5, 0.4, 0.36, 0.34, 0.33),
        (0.85, 0.85, 0.85, 0.85, 0.85, 0.85),
        (0.25, 0.25, 0.25, 0.25, 0.25, 0.25),
    ),
    code="""\
from explorer.experiments import documents as neural
from explorer.experiments.planted_documents import documents
from explorer.explore.small_model import train_small

data = documents(2000, length=60)
for name in neural.MODELS:
    config, reports = neural.recipe(name, neural.Settings(epochs=20), seed=3), []
    trained = train_small(config, data.train, data.test, reports.append)
    print(name, {k: round(v, 1) for k, v in reports[-1].validation.items()})
    words = neural.top_words(trained)
    print(*map(" ".join, words), sep="\\n")
    print("planted topics found:", neural.recovered(words))
""",
)
