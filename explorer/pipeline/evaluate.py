"""Evaluation: from a trained run to `metrics.json` and its model card."""

import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from explorer.errors import ExplorerError
from explorer.models import dataset
from explorer.models.dataset import Data
from explorer.models.vae import TextVAE
from explorer.pipeline import model_card
from explorer.runs import folder as folders
from explorer.runs import lock, weights
from explorer.runs.replacement import replacing
from explorer.system import distributed
from explorer.system.atomic_files import write_text
from explorer.system.devices import device
from explorer.system.progress import StageProgress
from explorer.text.corpora import Corpus
from explorer.text.vocabulary import Vocabulary
from explorer.training import given_vectors, prior_fitting, sentence_vectors

if TYPE_CHECKING:
    from explorer.evaluation.context import EncodeTokens, HeldOut


def evaluate(
    folder: Path,
    samples: int = 500,
    limit: int = 0,
    progress: StageProgress = lambda stage, fraction: None,
    device_name: str = "",
    judge: Path | None = None,
    seed: int | None = None,
    reverse: int = 0,
    refine: int = 0,
) -> None:
    """Measures a trained run on its test split and writes `metrics.json`.

    Args:
        folder: Of a trained run.
        samples: K of the importance-weighted estimate.
        limit: At most this many sentences, a random sample; 0 takes the whole split.
        progress: Called with the current metric and the fraction of it that is done.
        device_name: `cpu`, `cuda` or `mps`; empty for the fastest.
        judge: Folder of a language model that scores the run's samples.
        seed: Of all random draws; None takes the recipe's.
        reverse: Sampled sentences on which a language model is trained for reverse perplexity; 0
            skips it.
        refine: Sentences whose posteriors are refined for the amortisation gap; 0 skips it.

    Raises:
        ExplorerError: If the corpus is missing, the run is damaged, is being trained or was
            trained again meanwhile, or the judge is no language model with the run's vocabulary.
    """
    from explorer.evaluation.evaluate import DRAWN, QUICK_DRAWN
    from explorer.evaluation.evaluate import evaluate as measure
    from explorer.evaluation.sampling_verdict import can_be_sampled
    from explorer.evaluation.verdict import uses_z, verdict

    measured = lock.weights_of(folder)
    config, vocabulary, model = weights.load_model(folder)
    model = model.to(device(device_name))
    data = dataset.load(config, vocabulary)
    given_vectors.fill(model, data, config.corpus.max_tokens)
    chosen_seed = config.seed if seed is None else seed
    entries = measure(
        model,
        vocabulary,
        _held_out(data),
        samples=samples,
        drawn=QUICK_DRAWN if limit else DRAWN,
        limit=limit or None,
        seed=chosen_seed,
        language_model=None if judge is None else _judge(judge, vocabulary).to(model.device),
        reverse=reverse,
        refine=refine,
        trained_under=prior_fitting.trained_under(config, model.device),
        encode_tokens=_encode_tokens(model, data),
        progress=lambda name, done, total: progress(name, done / max(total, 1)),
    )
    if not distributed.is_first():
        return
    use = uses_z(entries)
    record = {
        "uses_z": use.entry(),
        "can_be_sampled": can_be_sampled(entries).entry(),
        "verdict": verdict(entries),
        "verdict_in_words": use.sentence,
        "split": "test",
        "command": _command(folder, samples, limit, judge, reverse, refine, seed),
        "device": str(model.device),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "seed": chosen_seed,
    }
    # The other processes are done, and hold no lock.
    with distributed.single_process(), lock.still_with(folder, measured):
        _write(folder, entries | record)


def _encode_tokens(model: TextVAE, data: Data) -> "EncodeTokens | None":
    """Of a latent space of vectors: the encoder they were made with, if it is at hand."""
    encode = given_vectors.encoder_at_hand(model)
    if encode is None:
        return None
    return lambda tokens: encode([data.tokeniser.text(row) for row in tokens])


def _held_out(data: Data) -> "HeldOut":
    """The test split, and the training split to compare with."""
    from explorer.evaluation.context import HeldOut

    corpus, tokens = data.corpus, data.tokeniser.tokens
    train, test = corpus.rows("train"), corpus.rows("test")
    return HeldOut(
        tokens=[tokens(corpus.sentences[row]) for row in test],
        ids=[data.ids[row] for row in test],
        groups=data.groups_of(test),
        labels=None if corpus.labels is None else [corpus.labels[row] for row in test],
        training=[tokens(corpus.sentences[row]) for row in train],
        training_labels=None if corpus.labels is None else [corpus.labels[row] for row in train],
        encoded=_encoded(corpus, train, test),
    )


def _encoded(
    corpus: Corpus, train: Sequence[int], test: Sequence[int]
) -> tuple[np.ndarray, np.ndarray] | None:
    """Vectors of the test and training captions by MiniLM, if a training has cached them."""
    if corpus.groups is None or not sentence_vectors.path("minilm", corpus).is_file():
        return None
    vectors = sentence_vectors.load("minilm", corpus, torch.device("cpu"))
    return None if vectors is None else (vectors[test], vectors[train])


def _judge(folder: Path, vocabulary: Vocabulary) -> TextVAE:
    """The language model of a folder, if it has exactly this vocabulary."""
    config, other, model = weights.load_model(folder)
    if config.model.latent_dim:
        raise ExplorerError(f"--language-model {folder.name}: it has a latent space")
    if type(other) is not type(vocabulary) or other.checksum != vocabulary.checksum:
        raise ExplorerError(f"--language-model {folder.name}: it has a different vocabulary")
    return model


def _command(
    folder: Path,
    samples: int,
    limit: int,
    judge: Path | None,
    reverse: int,
    refine: int,
    seed: int | None,
) -> str:
    """The command line that reproduces the metrics."""
    options = {
        "samples": samples,
        "limit": limit or None,
        "language-model": judge.resolve().name if judge else None,
        "reverse": reverse or None,
        "refine": refine or None,
        "seed": seed,
    }
    flags = [f"--{name} {value}" for name, value in options.items() if value is not None]
    return " ".join(["explorer evaluate", folder.resolve().name, *flags])


def _write(folder: Path, metrics: dict[str, Any]) -> None:
    text = json.dumps(metrics, indent=1, ensure_ascii=False, allow_nan=False)
    with replacing(folder) as new:
        write_text(new / folders.METRICS, text + "\n")
    model_card.write(folder)
