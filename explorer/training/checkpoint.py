"""The state to resume from: weights, optimiser, random state, progress and history."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from explorer.config import Config, from_table
from explorer.errors import ExplorerError
from explorer.models.dataset import Data
from explorer.runs.folder import STATE
from explorer.runs.weights import load_tensors, read_tensors, unique, write_tensors
from explorer.training.best_weights import BestWeights
from explorer.training.progress import TrainingProgress
from explorer.training.trainer import Trainer

FILE = "state.safetensors"

_RENAMED = {"before": "previous_epochs", "information": "max_information"}
"""Former keys of the saved position."""


def path(folder: Path) -> Path:
    """The file with the state of a run in training."""
    return folder / STATE / FILE


def recipe(config: Config) -> dict[str, Any]:
    """The settings that must not change between two sessions of a training."""
    table = dataclasses.asdict(config)
    del table["atlas"], table["training"]["save_seconds"]
    return table


def data_checksums(data: Data) -> dict[str, str]:
    """Of the corpus and the vocabulary, which must not change either."""
    checksums = {"corpus": data.corpus.checksum, "vocabulary": data.vocabulary.checksum}
    if data.corpus.vectors is not None:
        checksums["vectors"] = hashlib.sha256(data.corpus.vectors.tobytes()).hexdigest()
    return checksums


def save(
    folder: Path, trainer: Trainer, history: list[dict[str, Any]], checksums: Mapping[str, str]
) -> None:
    """Writes the state, atomically.

    Args:
        folder: Of the run.
        trainer: Between two steps.
        history: So far.
        checksums: Its `data_checksums`.
    """
    tensors: dict[str, Tensor] = {"random": torch.get_rng_state()}
    if trainer.model.device.type == "cuda":
        tensors["random_cuda"] = torch.cuda.get_rng_state(trainer.model.device)
    for name, tensor in unique(trainer.model.state_dict()).items():
        tensors[f"model.{name}"] = tensor
    for name, tensor in trainer.best.tensors.items():
        tensors[f"best.{name}"] = tensor
    for index, moments in trainer.optimiser.state_dict()["state"].items():
        for name, tensor in moments.items():
            tensors[f"optimiser.{index}.{name}"] = tensor
    best = {"best": trainer.best.loss, "best_epoch": trainer.best.epoch}
    record = {
        "position": dataclasses.asdict(trainer.progress) | best,
        "recipe": recipe(trainer.config),
        "checksums": dict(checksums),
        "history": history,
    }
    write_tensors(path(folder), tensors, json.dumps(record))


def is_of(folder: Path, config: Config | None) -> bool:
    """Whether there is a state, saved by a trainer with this recipe."""
    source = path(folder)
    if config is None or not source.is_file():
        return False
    try:
        return _recipe_of(json.loads(read_tensors(source)[1])) == _plain(recipe(config))
    except (ExplorerError, ValueError, KeyError, TypeError):
        return False  # `restore` reports it


def restore(folder: Path, trainer: Trainer, checksums: Mapping[str, str]) -> list[dict[str, Any]]:
    """Restores what `save` wrote; returns the history.

    Raises:
        ExplorerError: If the state is damaged, or is of another recipe, corpus or version.
    """
    source = path(folder)
    tensors, text = read_tensors(source)
    try:
        record = json.loads(text)
        saved, (progress, loss, epoch) = _recipe_of(record), _progress_of(record)
    except (ValueError, KeyError, TypeError):
        raise ExplorerError(f"{source} is damaged: delete {source.parent} to start over") from None
    if saved != _plain(recipe(trainer.config)):
        raise ExplorerError(
            f"{folder}: the recipe has changed since this training began "
            f"({_difference(saved, trainer)}); change it back, or start over with --restart"
        )
    if "checksums" not in record:
        raise _of_another_version(source)
    if record["checksums"] != checksums:
        raise ExplorerError(
            f"{folder}: the sentences or the vocabulary of its corpus have changed since this "
            "training began; restore the file, or start over with --restart"
        )
    parts: dict[str, dict[str, Tensor]] = {"model": {}, "best": {}, "optimiser": {}}
    for name, tensor in tensors.items():
        part, _, key = name.partition(".")
        if key and part not in parts:
            raise _of_another_version(source)
        if key:
            parts[part][key] = tensor
    load_tensors(trainer.model, parts["model"], source)
    device = trainer.model.device
    best = {name: tensor.to(device) for name, tensor in parts["best"].items()}
    trainer.best = BestWeights(loss, epoch, best)
    _restore_optimiser(trainer, parts["optimiser"])
    torch.set_rng_state(tensors["random"])
    if "random_cuda" in tensors and device.type == "cuda":
        torch.cuda.set_rng_state(tensors["random_cuda"], device)
    trainer.progress = progress
    return record["history"]


def _of_another_version(source: Path) -> ExplorerError:
    return ExplorerError(
        f"{source} was saved by another version of explorer: resume with that version, or start "
        "over with --restart"
    )


def _restore_optimiser(trainer: Trainer, moments: dict[str, Tensor]) -> None:
    states: dict[int, dict[str, Tensor]] = {}
    for name, tensor in moments.items():
        index, _, key = name.partition(".")
        states.setdefault(int(index), {})[key] = tensor
    groups = trainer.optimiser.state_dict()["param_groups"]
    trainer.optimiser.load_state_dict({"state": states, "param_groups": groups})


def _recipe_of(record: dict[str, Any]) -> dict[str, Any]:
    """The recipe of a saved training, with defaults for settings that were added since."""
    return _plain(recipe(from_table(record["recipe"])))


def _progress_of(record: dict[str, Any]) -> tuple[TrainingProgress, float, int]:
    """The progress of a saved training, and loss and epoch of its best weights."""
    position: dict[str, Any] = record["position"]
    position = {_RENAMED.get(key, key): value for key, value in position.items()}
    loss, epoch = position.pop("best"), position.pop("best_epoch")
    return TrainingProgress(**position), loss, epoch


def _difference(saved: dict[str, Any], trainer: Trainer) -> str:
    now = recipe(trainer.config)
    keys = [key for key in now if saved.get(key) != _plain(now[key])]
    return ", ".join(keys)


def _plain(value: Any) -> Any:
    """The value after a round trip through JSON."""
    return json.loads(json.dumps(value))
