"""Snapshots of a training: the latent means of some sentences, for the playback."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from explorer.errors import ExplorerError
from explorer.models.batch_inference import posteriors
from explorer.models.decoding_strategies import Decoding, generate
from explorer.models.vae import TextVAE
from explorer.runs.weights import read_tensors, write_tensors

FILE = "snapshots.safetensors"
RECONSTRUCTED = 64
"""Sentences whose reconstructions each snapshot has."""


@dataclass
class Snapshots:
    """Posterior means of the same sentences at several moments of a training.

    Args:
        rows: Corpus rows of the sentences.
        ids: The sentences.
        to_text: From ids to text.
        corpus: Name and checksum of the corpus.
        labels: Of the sentences, for a conditional model.
    """

    rows: Sequence[int]
    ids: Sequence[Sequence[int]]
    to_text: Callable[[Sequence[int]], str]
    corpus: dict[str, str]
    labels: Sequence[int] = ()
    moments: list[dict[str, float]] = field(default_factory=list)
    """`step`, `epoch` and `beta` of each."""
    means: list[Tensor] = field(default_factory=list)
    """Half precision, each of shape (n, latent)."""
    texts: list[list[str]] = field(default_factory=list)
    """Reconstructions of the first `RECONSTRUCTED` sentences."""

    def take(self, model: TextVAE, step: int, epoch: float, beta: float) -> None:
        """Adds a moment; restores the model's mode."""
        was_training = model.training
        model.eval()
        mean = torch.from_numpy(posteriors(model, self.ids)[0])
        z = mean[:RECONSTRUCTED].to(model.device)
        decoder_input = model.condition(z, self.labels[:RECONSTRUCTED])
        decoded = generate(model.decoder, decoder_input, Decoding())
        model.train(was_training)
        self.moments.append({"step": step, "epoch": epoch, "beta": beta})
        self.means.append(mean.half())
        self.texts.append([self.to_text(row) for row in decoded])

    def save(self, path: Path) -> None:
        """Writes all moments, atomically; no file if there are none."""
        if not self.moments:
            return
        tensors = {
            "row": torch.tensor(list(self.rows), dtype=torch.int32),
            "mean": torch.stack(self.means),
            "step": torch.tensor([int(item["step"]) for item in self.moments]),
            "epoch": torch.tensor([item["epoch"] for item in self.moments]),
            "beta": torch.tensor([item["beta"] for item in self.moments]),
        }
        decoded = {"rows": list(self.rows[:RECONSTRUCTED]), "texts": self.texts}
        about = {"reconstructions": decoded, "corpus": self.corpus}
        write_tensors(path, tensors, json.dumps(about))

    def restore(self, path: Path, step: int) -> None:
        """Reads the moments that `save` wrote, if there is such a file.

        Args:
            path: Of the file.
            step: The step from which the training resumes. Later moments, of a process that was
                killed before it saved its state, are dropped: the training repeats them.

        Raises:
            ExplorerError: If the file is damaged or of other sentences.
        """
        if not path.is_file():
            return
        tensors, about = read(path)
        if tensors["row"].tolist() != list(self.rows) or about["corpus"] != self.corpus:
            raise ExplorerError(f"{path} belongs to other sentences: start over with --restart")
        names: list[str] = ["step", "epoch", "beta"]
        columns = [tensors[name].tolist() for name in names]
        moments = [dict(zip(names, item, strict=True)) for item in zip(*columns, strict=True)]
        count = sum(moment["step"] <= step for moment in moments)
        self.moments = moments[:count]
        self.means = list(tensors["mean"][:count])
        self.texts = about["reconstructions"]["texts"][:count]


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the description of a snapshot file.

    Raises:
        ExplorerError: If it is missing or damaged.
    """
    tensors, text = read_tensors(path)
    try:
        about = json.loads(text)
        count, shape = len(tensors["step"]), tensors["mean"].shape
        fits = shape[:2] == (count, len(tensors["row"])) and len(shape) == 3
        texts = about["reconstructions"]["texts"]
        fits = fits and all(len(tensors[name]) == count for name in ("epoch", "beta"))
        if not fits or len(texts) != count or "corpus" not in about:
            raise ValueError("parts of unequal length")
    except (KeyError, TypeError, ValueError) as error:
        raise ExplorerError(f"{path} is damaged: {error}") from None
    return tensors, about
