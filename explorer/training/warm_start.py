"""What the weights are before the first step: drawn, or those of a trained run."""

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
    """What a model took of another."""

    entries: Mapping[str, Tensor] = field(default_factory=dict)
    """By the name of a weight, which of its entries: booleans of its shape."""
    rest: int = 0
    """Epochs, from the first, in which they stay as they are."""

    def holds(self, model: TextVAE, first: str, *parts: str) -> bool:
        """Whether a part that has weights was taken whole, and others that it depends on too."""
        names = [name for name, _ in model.named_parameters()]
        own = [name for name in names if name.partition(".")[0] in (first, *parts)]
        return any(name.startswith(f"{first}.") for name in own) and all(
            name in self.entries and bool(self.entries[name].all()) for name in own
        )

    def freeze(self, model: TextVAE, epoch: int) -> None:
        """Turns off the gradients of weights taken as a whole, until `rest` epochs are over."""
        for weight, is_taken in self._weights(model):
            weight.requires_grad_(not (epoch < self.rest and bool(is_taken.all())))

    def mask_gradients(self, model: TextVAE, epoch: int) -> None:
        """Zeroes the gradients of taken entries in weights that are only partly taken."""
        if epoch < self.rest:
            for weight, is_taken in self._weights(model):
                if weight.grad is not None:
                    weight.grad.masked_fill_(is_taken, 0.0)

    @contextmanager
    def unchanged(self, model: TextVAE, epoch: int) -> Iterator[None]:
        """Restores taken entries after an optimiser's step: weight decay ignores gradients."""
        frozen = self._weights(model) if epoch < self.rest else ()
        before = [(weight, taken, weight.detach().clone()) for weight, taken in frozen]
        yield
        with torch.no_grad():
            for weight, is_taken, old in before:
                weight.copy_(torch.where(is_taken, old, weight))

    def _weights(self, model: TextVAE) -> Iterator[tuple[nn.Parameter, Tensor]]:
        """Each weight that was taken, with which of its entries were."""
        weights = dict(model.named_parameters())
        return ((weights[name], part) for name, part in self.entries.items() if name in weights)


UNTRAINED = PretrainedWeights()


@dataclass(frozen=True, slots=True)
class Start:
    """The weights of a trained model, by name."""

    tensors: Mapping[str, Tensor]
    spellings: Mapping[str, int]
    """Of its words or pieces, with their rows."""
    rest: int
    """Epochs, from the first, in which what was taken stays as it is."""

    def fill(self, model: TextVAE, vocabulary: Vocabulary) -> PretrainedWeights:
        """Overwrites the weights that the trained model has too, of the same name and shape.

        Those of words and pieces are matched by spelling, a word with the piece that holds all of
        it; one the other does not know keeps what was drawn. A layer that reads more than the
        other's (a decoder that is given z, after a language model) takes what there is of it, the
        first columns.

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
        return PretrainedWeights(taken, self.rest)


def run(run: str, weights: str = "", rest: int = 0) -> Start:
    """Those of a trained run, on whatever corpus.

    Args:
        run: Its name, or its folder.
        weights: The checksum its weights must have (SHA-256, hexadecimal); empty takes any.
        rest: Epochs, pre-training included, in which they stay as they are, while what was drawn
            beside them learns to be of use to them.

    Raises:
        ExplorerError: If there is no such run, or it is not trained, or has other weights.
    """
    if rest < 0:
        raise ExplorerError("training.start.rest: at least 0")
    folder = folders.find(run)
    tensors, _ = read_tensors(folders.weights_of(folder))
    found = folders.sums(folder)[folders.WEIGHTS]
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
    """Gives a fresh model the weights its recipe starts with; see `Start.fill`.

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
