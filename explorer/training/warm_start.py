"""Starting from the weights of a trained run."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from explorer import config as configs
from explorer.config import Config
from explorer.errors import ExplorerError
from explorer.models.vae import TextVAE
from explorer.registry import choose
from explorer.runs import folder as folders
from explorer.runs import vocabulary_file
from explorer.runs.weights import read_tensors, unique
from explorer.text.vocabulary import Vocabulary

_EMBEDDING, _OUTPUT = "embedding.weight", "decoder.output.weight"
_OF_WORDS = (_EMBEDDING, _OUTPUT, "decoder.output.bias")
"""Weights with a row for every word or piece."""


@dataclass(frozen=True, slots=True)
class PretrainedWeights:
    """Weights of a model that come from another."""

    entries: Mapping[str, Tensor] = field(default_factory=dict)
    """For each weight by name a boolean mask of its pretrained entries."""
    freeze_epochs: int = 0
    """They are frozen in this many first epochs."""

    def holds(self, model: TextVAE, first: str, *parts: str) -> bool:
        """Whether a part with weights, and others it depends on, are completely pretrained."""
        names = [name for name, _ in model.named_parameters()]
        own = [name for name in names if name.partition(".")[0] in (first, *parts)]
        return any(name.startswith(f"{first}.") for name in own) and all(
            name in self.entries and bool(self.entries[name].all()) for name in own
        )

    def freeze(self, model: TextVAE, epoch: int) -> None:
        """Turns off the gradients of completely pretrained weights in the frozen epochs."""
        for weight, is_taken in self._weights(model):
            weight.requires_grad_(not (epoch < self.freeze_epochs and bool(is_taken.all())))

    def mask_gradients(self, model: TextVAE, epoch: int) -> None:
        """Zeroes the gradients of pretrained entries in the frozen epochs."""
        if epoch < self.freeze_epochs:
            for weight, is_taken in self._weights(model):
                if weight.grad is not None:
                    weight.grad.masked_fill_(is_taken, 0.0)

    @contextmanager
    def unchanged(self, model: TextVAE, epoch: int) -> Iterator[None]:
        """Restores frozen entries after an optimiser step: weight decay ignores gradients."""
        frozen = self._weights(model) if epoch < self.freeze_epochs else ()
        before = [(weight, taken, weight.detach().clone()) for weight, taken in frozen]
        yield
        with torch.no_grad():
            for weight, is_taken, old in before:
                weight.copy_(torch.where(is_taken, old, weight))

    def _weights(self, model: TextVAE) -> Iterator[tuple[nn.Parameter, Tensor]]:
        """Each pretrained weight with its mask."""
        weights = dict(model.named_parameters())
        return ((weights[name], part) for name, part in self.entries.items() if name in weights)


UNTRAINED = PretrainedWeights()


@dataclass(frozen=True, slots=True)
class Start:
    """The weights of a trained model, by name."""

    tensors: Mapping[str, Tensor]
    spellings: Mapping[str, int]
    """The row of each of its words or subwords."""
    freeze_epochs: int
    """The pretrained weights are frozen in this many first epochs."""

    def fill(self, model: TextVAE, vocabulary: Vocabulary) -> PretrainedWeights:
        """Copies the weights that both models have, by name and shape.

        Rows of words and subwords are matched by spelling; unmatched ones keep their initial
        values. A layer with more inputs than the other's (a decoder with z, started from a
        language model) gets the first columns.

        Args:
            model: Whose weights are overwritten.
            vocabulary: Its words or pieces.
        """
        rows = torch.tensor([self.spellings.get(name, -1) for name in vocabulary.spellings])
        taken = {}
        for name, own in unique(model.state_dict()).items():
            stored = self.tensors.get(name)
            if stored is None or own.dim() != stored.dim():
                continue
            is_known = torch.ones(own.shape, dtype=torch.bool)
            if name in _OF_WORDS:
                stored = stored[rows.clamp(min=0)]
                is_known[rows < 0] = False
            elif own.dim() == 2:
                width = own.shape[1]
                is_known[:, stored.shape[1] :] = False
                stored = pad(stored[:, :width], (0, max(0, width - stored.shape[1])))
            if own.shape == stored.shape:
                taken[name] = is_known.to(own.device)
                own.copy_(torch.where(taken[name], stored.to(own), own))
        return PretrainedWeights(taken, self.freeze_epochs)


def run(run: str, weights: str = "", rest: int = 0) -> Start:
    """The weights of a trained run, on any corpus.

    Args:
        run: Its name, or its folder.
        weights: The checksum its weights must have (SHA-256, hexadecimal); empty takes any.
        rest: First epochs, pre-training included, in which they are frozen while the others
            adapt to them.

    Raises:
        ExplorerError: If there is no such run, or it is not trained, or has other weights.
    """
    if rest < 0:
        raise ExplorerError("training.start.rest: at least 0")
    folder = folders.find(run)
    tensors, _ = read_tensors(folders.weights_of(folder))
    found = folders.checksums(folder)[folders.WEIGHTS]
    if weights not in ("", found):
        raise ExplorerError(
            f"training.start: the weights of {run} are not those of this recipe any more; to take "
            f'them as they are, set weights = "{found}"'
        )
    config = configs.read(folder / folders.CONFIG)
    if config.model.decoder.get("tied", True):
        tensors.setdefault(_OUTPUT, tensors[_EMBEDDING])
    vocabulary = vocabulary_file.load(folder, config.corpus)
    return Start(tensors, {name: row for row, name in enumerate(vocabulary.spellings)}, rest)


STARTS = {"run": run}


def missing(config: Config) -> str:
    """What lacks of the run a recipe starts from, which may be trained later; empty if nothing."""
    chosen = config.training.start
    if chosen["name"] == "none" or not isinstance(chosen.get("run"), str):
        return ""
    try:
        folders.weights_of(folders.find(chosen["run"]))
    except ExplorerError as error:
        return f"training.start: {error}"
    return ""


def fill(model: TextVAE, vocabulary: Vocabulary, config: Config) -> PretrainedWeights:
    """Copies the weights a recipe starts from into a new model; see `Start.fill`.

    Raises:
        ExplorerError: If the recipe names a run that cannot be read, or one of other words'
            sizes.
    """
    chosen = config.training.start
    if chosen["name"] == "none":
        return UNTRAINED
    start = choose(STARTS, chosen, "training.start")
    taken = start.fill(model, vocabulary)
    if _EMBEDDING not in taken.entries:
        raise ExplorerError(
            f"training.start: a word is {start.tensors[_EMBEDDING].shape[1]} numbers in "
            f"{chosen['run']}, here {model.config.embedding_dim} (model.embedding_dim)"
        )
    return taken
