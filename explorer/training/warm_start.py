"""Starting from the weights of a trained run."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from explorer import config as configs
from explorer.config import Config
from explorer.errors import ExplorerError, at_least, one_of
from explorer.models import pretrained_transformers
from explorer.models.vae import TextVAE
from explorer.registry import choose
from explorer.runs import folder as folders
from explorer.runs import vocabulary_file
from explorer.runs.weights import read_weights, unique
from explorer.text import language_models
from explorer.text.vocabulary import Vocabulary

_EMBEDDING, _OUTPUT = "embedding.weight", "decoder.output.weight"
_OF_WORDS = (_EMBEDDING, _OUTPUT, "decoder.output.bias")
"""Weights with a row for every word or piece."""


@dataclass(frozen=True, slots=True)
class PretrainedWeights:
    """Weights of a model that were copied from another."""

    entries: Mapping[str, Tensor] = field(default_factory=dict)
    """A boolean mask of the pretrained entries of each weight, by name."""
    freeze_epochs: int = 0
    """The number of first epochs in which they are frozen."""

    def holds(self, model: TextVAE, first: str, *parts: str) -> bool:
        """Whether a part that has weights, and others, are completely pretrained."""
        names = [name for name, _ in model.named_parameters()]
        chosen = [name for name in names if name.partition(".")[0] in (first, *parts)]
        return any(name.startswith(f"{first}.") for name in chosen) and all(
            name in self.entries and bool(self.entries[name].all()) for name in chosen
        )

    def freeze(self, model: TextVAE, epoch: int) -> None:
        """Turns off the gradients of completely pretrained weights in the frozen epochs.

        Raises:
            ExplorerError: If no other weight is left to train.
        """
        for weight, mask in self._weights(model):
            weight.requires_grad_(not (epoch < self.freeze_epochs and bool(mask.all())))
        if not any(weight.requires_grad for weight in model.parameters()):
            raise ExplorerError(
                f"training.start.freeze_epochs: {self.freeze_epochs} leaves nothing to train, "
                "because all weights come from the run it starts from; set it to 0"
            )

    def mask_gradients(self, model: TextVAE, epoch: int) -> None:
        """Zeroes the gradients of pretrained entries in the frozen epochs."""
        if epoch < self.freeze_epochs:
            for weight, mask in self._weights(model):
                if weight.grad is not None:
                    weight.grad.masked_fill_(mask, 0.0)

    @contextmanager
    def unchanged(self, model: TextVAE, epoch: int) -> Iterator[None]:
        """Restores frozen entries after an optimiser step: weight decay ignores gradients."""
        frozen = self._weights(model) if epoch < self.freeze_epochs else ()
        before = [(weight, mask, weight.detach().clone()) for weight, mask in frozen]
        yield
        with torch.no_grad():
            for weight, mask, old in before:
                weight.copy_(torch.where(mask, old, weight))

    def _weights(self, model: TextVAE) -> Iterator[tuple[nn.Parameter, Tensor]]:
        """Each pretrained weight with its mask."""
        weights = dict(model.named_parameters())
        return ((weights[name], mask) for name, mask in self.entries.items() if name in weights)


UNTRAINED = PretrainedWeights()


@dataclass(frozen=True, slots=True)
class Start:
    """The weights of a trained model, by name."""

    tensors: Mapping[str, Tensor]
    spellings: Mapping[str, int]
    """The row of each of its words or subwords."""
    freeze_epochs: int
    """The number of first epochs in which they are frozen."""

    def fill(self, model: TextVAE, vocabulary: Vocabulary) -> PretrainedWeights:
        """Copies the weights that both models have, by name and shape.

        Rows of words and subwords are matched by spelling; unmatched ones keep their initial
        values. A layer with more inputs than the source's (a decoder with z, started from a
        language model) gets the first columns.

        Args:
            model: The target.
            vocabulary: Of the target.
        """
        rows = torch.tensor([self.spellings.get(name, -1) for name in vocabulary.spellings])
        entries = {}
        for name, target in unique(model.state_dict()).items():
            source = self.tensors.get(name)
            if source is None or target.dim() != source.dim():
                continue
            mask = torch.ones(target.shape, dtype=torch.bool)
            if name in _OF_WORDS:
                source = source[rows.clamp(min=0)]
                mask[rows < 0] = False
            elif target.dim() == 2:
                width = target.shape[1]
                mask[:, source.shape[1] :] = False
                source = pad(source[:, :width], (0, max(0, width - source.shape[1])))
            if target.shape == source.shape:
                entries[name] = mask.to(target.device)
                target.copy_(torch.where(entries[name], source.to(target), target))
        return PretrainedWeights(entries, self.freeze_epochs)


def run(run: str, weights: str = "", freeze_epochs: int = 0, vocabulary: str = "own") -> Start:
    """The weights of a trained run, on any corpus.

    Args:
        run: Its name, or its folder.
        weights: The checksum its weights must have (SHA-256, hexadecimal); empty takes any.
        freeze_epochs: The number of first epochs, pre-training included, in which they are frozen
            while the others adapt to them.
        vocabulary: One of `VOCABULARIES`, read by `vocabulary()`.

    Raises:
        ExplorerError: If there is no such run, or it is not trained, or has other weights.
    """
    at_least("training.start.freeze_epochs", freeze_epochs, 0)
    folder = folders.find(run)
    tensors = read_weights(folders.weights_of(folder))
    checksum = folders.checksums(folder)[folders.WEIGHTS]
    if weights not in ("", checksum):
        raise ExplorerError(
            f"training.start: {run} no longer has the weights of this recipe; to use its current "
            f'weights, set weights = "{checksum}"'
        )
    config = configs.read(folder / folders.CONFIG)
    if config.model.decoder.get("tied", True):
        tensors.setdefault(_OUTPUT, tensors[_EMBEDDING])
    pieces = vocabulary_file.load(folder, config.corpus)
    rows = {name: row for row, name in enumerate(pieces.spellings)}
    return Start(tensors, rows, freeze_epochs)


def language_model(source: str, freeze_epochs: int = 0) -> Start:
    """The weights of a pre-trained language model.

    Words are matched by its pieces: `corpus.pieces_from` takes those the corpus needs.

    Args:
        source: A name of `LANGUAGE_MODELS`, or a folder.
        freeze_epochs: As of `run`.

    Raises:
        ExplorerError: If it is not at hand, damaged, or of an unsupported architecture.
    """
    at_least("training.start.freeze_epochs", freeze_epochs, 0)
    tensors = pretrained_transformers.find(source).weights()
    tensors.setdefault(_OUTPUT, tensors[_EMBEDDING])
    return Start(tensors, language_models.read_pieces(source).rows, freeze_epochs)


STARTS = {"run": run, "language_model": language_model}

_OWN, _SAME = "own", "same"
VOCABULARIES = (_OWN, _SAME)
"""Whether a run learns a vocabulary of its corpus, or has that of the run it starts from."""


def vocabulary(config: Config) -> Vocabulary | None:
    """The vocabulary that a recipe takes from the run it starts from; None for one of its own.

    Raises:
        ExplorerError: If that run cannot be read or is tokenised otherwise.
    """
    chosen = config.training.start
    kind = chosen.get("vocabulary", _OWN)
    one_of("training.start.vocabulary", kind, VOCABULARIES)
    if chosen["name"] == "none" or kind == _OWN:
        return None
    folder = folders.find(str(chosen.get("run")))
    source = configs.read(folder / folders.CONFIG).corpus
    if source.tokens != config.corpus.tokens:
        raise ExplorerError(
            f"training.start.vocabulary: {chosen['run']} has {source.tokens}, this run "
            f"{config.corpus.tokens} (corpus.tokens)"
        )
    return vocabulary_file.load(folder, source)


def source(config: Config) -> str:
    """The run or language model that a recipe starts from; empty without one."""
    return str(config.training.start.get("run") or config.training.start.get("source") or "")


def missing(config: Config) -> str:
    """Why a recipe cannot start yet: the run it starts from is not trained; empty if it is."""
    chosen = config.training.start
    if not isinstance(chosen.get("run"), str):
        return ""
    try:
        folders.weights_of(folders.find(chosen["run"]))
    except ExplorerError as error:
        return f"training.start: {error}"
    return ""


def fill(model: TextVAE, vocabulary: Vocabulary, config: Config) -> PretrainedWeights:
    """Copies the weights a recipe starts from into a new model; see `Start.fill`.

    Raises:
        ExplorerError: If the run cannot be read, or its word embeddings have another size.
    """
    chosen = config.training.start
    if chosen["name"] == "none":
        return UNTRAINED
    start = choose(STARTS, chosen, "training.start")
    pretrained = start.fill(model, vocabulary)
    if _EMBEDDING not in pretrained.entries:
        raise ExplorerError(
            f"training.start: the word embeddings of {source(config)} have "
            f"{start.tensors[_EMBEDDING].shape[1]} dimensions, but here they have "
            f"{model.config.embedding_dim} (model.embedding_dim)"
        )
    return pretrained
