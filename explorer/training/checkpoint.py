"""The state to resume from: weights, moments of the optimiser, random state, position, history."""

import dataclasses
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
from explorer.training.trainer import Trainer, TrainingProgress

FILE = "state.safetensors"


def path(folder: Path) -> Path:
    """Where the state of a run in training lies."""
    return folder / STATE / FILE


def recipe(config: Config) -> dict[str, Any]:
    """The settings that must not change between two sessions of one training."""
    table = dataclasses.asdict(config)
    del table["atlas"], table["training"]["save_seconds"]
    return table


def checksums(data: Data) -> dict[str, str]:
    """Of the sentences and the words that must not change either: weights are of a word's row."""
    return {
        "corpus": data.corpus.checksum,
        "vocabulary": data.vocabulary.checksum,
    }


def save(
    folder: Path, trainer: Trainer, history: list[dict[str, Any]], learned: Mapping[str, str]
) -> None:
    """Writes all there is to resume, whole or not at all.

    Args:
        folder: Of the run.
        trainer: Between two steps.
        history: Until now.
        learned: The `checksums` of what it learns from.
    """
    tensors: dict[str, Tensor] = {"random": torch.get_rng_state()}
    if trainer.model.device.type == "cuda":
        tensors["random_cuda"] = torch.cuda.get_rng_state(trainer.model.device)
    for name, tensor in unique(trainer.model.state_dict()).items():
        tensors[f"model.{name}"] = tensor
    for name, tensor in (trainer.best_weights or {}).items():
        tensors[f"best.{name}"] = tensor
    for index, moments in trainer.optimiser.state_dict()["state"].items():
        for name, tensor in moments.items():
            tensors[f"optimiser.{index}.{name}"] = tensor
    record = {
        "position": dataclasses.asdict(trainer.position),
        "recipe": recipe(trainer.config),
        "checksums": dict(learned),
        "history": history,
    }
    write_tensors(path(folder), tensors, json.dumps(record))


def is_of(folder: Path, config: Config | None) -> bool:
    """Whether the state, if one is there, was saved by a trainer with this recipe."""
    source = path(folder)
    if config is None or not source.is_file():
        return False
    try:
        return _recipe_of(json.loads(read_tensors(source)[1])) == _plain(recipe(config))
    except (ExplorerError, ValueError, KeyError, TypeError):
        return False  # `restore` says what is wrong


def restore(folder: Path, trainer: Trainer, learned: Mapping[str, str]) -> list[dict[str, Any]]:
    """Puts a trainer where `save` left it; the history until then.

    Raises:
        ExplorerError: If the state is damaged, or belongs to another recipe, another text or
            another version.
    """
    source = path(folder)
    tensors, text = read_tensors(source)
    try:
        record = json.loads(text)
        saved, position = _recipe_of(record), TrainingProgress(**record["position"])
    except (ValueError, KeyError, TypeError):
        raise ExplorerError(f"{source} is damaged: delete {source.parent} to start over") from None
    if saved != _plain(recipe(trainer.config)):
        raise ExplorerError(
            f"{folder}: the recipe changed since this training began "
            f"({_difference(saved, trainer)}); change it back, or start over with --restart"
        )
    if "checksums" not in record:
        raise _of_another_version(source)
    if record["checksums"] != learned:
        raise ExplorerError(
            f"{folder}: the sentences of its corpus, or their words, changed since this training "
            "began; bring back the file as it was, or start over with --restart"
        )
    parts: dict[str, dict[str, Tensor]] = {"model": {}, "best": {}, "optimiser": {}}
    for name, tensor in tensors.items():
        part, _, rest = name.partition(".")
        if rest and part not in parts:
            raise _of_another_version(source)
        if rest:
            parts[part][rest] = tensor
    load_tensors(trainer.model, parts["model"], source)
    if parts["best"]:
        where = trainer.model.device
        trainer.best_weights = {name: tensor.to(where) for name, tensor in parts["best"].items()}
    _restore_optimiser(trainer, parts["optimiser"])
    torch.set_rng_state(tensors["random"])
    if "random_cuda" in tensors and trainer.model.device.type == "cuda":
        torch.cuda.set_rng_state(tensors["random_cuda"], trainer.model.device)
    trainer.position = position
    return record["history"]


def _of_another_version(source: Path) -> ExplorerError:
    return ExplorerError(
        f"{source} was saved by another version of this program: go on with that one, or start "
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
    """The recipe of a saved training; a setting that came later had its default."""
    return _plain(recipe(from_table(record["recipe"])))


def _difference(saved: dict[str, Any], trainer: Trainer) -> str:
    now = recipe(trainer.config)
    keys = [key for key in now if saved.get(key) != _plain(now[key])]
    return ", ".join(keys)


def _plain(value: Any) -> Any:
    """As JSON gives it back."""
    return json.loads(json.dumps(value))
