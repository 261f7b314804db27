"""Measuring: from a trained run to `metrics.json` and its model card."""

import json
import platform
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from explorer.errors import ExplorerError
from explorer.models import dataset as training_data
from explorer.models.vae import TextVAE
from explorer.pipeline import model_card
from explorer.pipeline.train import device
from explorer.runs import folder as folders
from explorer.runs import lock, weights
from explorer.system import distributed
from explorer.system.atomic_files import write_text
from explorer.text.corpora import Corpus
from explorer.text.vocabulary import Vocabulary
from explorer.training import prior_fitting, sentence_vectors


def evaluate(
    folder: Path,
    samples: int = 500,
    limit: int = 0,
    progress: Callable[[str, float], None] | None = None,
    device_name: str = "",
    judge: Path | None = None,
    seed: int | None = None,
    reverse: int = 0,
) -> None:
    """Measures a trained run on its test split: writes `metrics.json`.

    Args:
        folder: Of a trained run.
        samples: Of the importance estimate (K).
        limit: At most this many sentences, drawn evenly; 0 takes the whole split.
        progress: Told what is being done, and the share of it that is done.
        device_name: `cpu`, `cuda` or `mps`; empty chooses.
        judge: Folder of a language model that judges the run's samples.
        seed: Of every draw; None takes the recipe's.
        reverse: Sentences drawn for a language model to learn from; 0 has none learn.

    Raises:
        ExplorerError: If the corpus is not on this machine, the run is damaged, is being trained
            or was trained again meanwhile, or the judge is no language model with the run's
            words.
    """
    from explorer.evaluation.context import HeldOut
    from explorer.evaluation.evaluate import DRAWN, QUICK_DRAWN
    from explorer.evaluation.evaluate import evaluate as measure
    from explorer.evaluation.verdict import verdict

    measured = lock.weights_of(folder)
    config, vocabulary, model = weights.load_model(folder)
    model = model.to(device(device_name))
    data = training_data.load(config, vocabulary)
    corpus = data.corpus
    train, test = corpus.rows("train"), corpus.rows("test")
    held_out = HeldOut(
        tokens=[data.tokeniser.tokens(corpus.sentences[row]) for row in test],
        ids=[data.ids[row] for row in test],
        groups=None if corpus.groups is None else [corpus.groups[row] for row in test],
        labels=None if corpus.labels is None else [corpus.labels[row] for row in test],
        training=[data.tokeniser.tokens(corpus.sentences[row]) for row in train],
        training_labels=None if corpus.labels is None else [corpus.labels[row] for row in train],
        encoded=_encoded(corpus, train, test),
    )
    tell = progress or (lambda stage, share: None)
    entries = measure(
        model,
        vocabulary,
        held_out,
        samples=samples,
        drawn=QUICK_DRAWN if limit else DRAWN,
        limit=limit or None,
        seed=config.seed if seed is None else seed,
        language_model=None if judge is None else _judge(judge, vocabulary).to(model.device),
        reverse=reverse,
        trained_under=prior_fitting.trained_under(config, model.device),
        progress=lambda name, done, total: tell(name, done / max(total, 1)),
    )
    if not distributed.is_first():
        return
    judged = verdict(entries)
    shown = f" --limit {limit}" if limit else ""
    shown += f" --language-model {judge.resolve().name}" if judge else ""
    shown += f" --reverse {reverse}" if reverse else ""
    shown += "" if seed is None else f" --seed {seed}"
    record = {
        "verdict": judged.word,
        "verdict_in_words": judged.sentence,
        "split": "test",
        "command": f"explorer evaluate {folder.resolve().name} --samples {samples}{shown}",
        "device": str(model.device),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "seed": config.seed if seed is None else seed,
    }
    text = json.dumps(entries | record, indent=1, ensure_ascii=False, allow_nan=False)
    # The other processes are done, and hold no lock.
    with distributed.single_process(), lock.still_with(folder, measured):
        write_text(folder / folders.METRICS, text + "\n")
        folders.write_checksums(folder, folders.METRICS)
        model_card.write(folder)


def _encoded(
    corpus: Corpus, train: Sequence[int], test: Sequence[int]
) -> tuple[np.ndarray, np.ndarray] | None:
    """Vectors of the test and training captions by MiniLM, if a training has cached them."""
    if corpus.groups is None or not sentence_vectors.path("minilm", corpus).is_file():
        return None
    vectors = sentence_vectors.load("minilm", corpus, torch.device("cpu"))
    return None if vectors is None else (vectors[test], vectors[train])


def _judge(folder: Path, vocabulary: Vocabulary) -> TextVAE:
    """The language model of that folder, if it knows exactly these words."""
    config, other, model = weights.load_model(folder)
    if config.model.latent_dim:
        raise ExplorerError(f"--language-model {folder.name}: it has a latent space")
    if type(other) is not type(vocabulary) or other.checksum != vocabulary.checksum:
        raise ExplorerError(f"--language-model {folder.name}: its vocabulary is another one")
    return model
