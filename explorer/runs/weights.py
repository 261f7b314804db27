"""Weights of a run: saved in half precision, loaded only if they fit. Executes nothing."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialise
from torch import Tensor
from torch.overrides import TorchFunctionMode

from explorer import config as configs
from explorer.config import Config
from explorer.errors import ExplorerError
from explorer.models.vae import TextVAE, build
from explorer.runs import vocabulary_file
from explorer.runs.folder import CONFIG, WEIGHTS, weights_of
from explorer.system.atomic_files import write
from explorer.text.vocabulary import Vocabulary

_AUXILIARY = "auxiliary."
"""Prefix of weights used in training only."""


def save(folder: Path, model: TextVAE) -> None:
    """Writes `model.safetensors` in half precision, each shared tensor once.

    The weights of auxiliary losses are used in training only and left out.

    Raises:
        ExplorerError: If half precision cannot hold a weight, or the file cannot be written.
    """
    check_storable(model.state_dict(), "nothing is written")
    lasting = _lasting(model.state_dict()).items()
    write_tensors(folder / WEIGHTS, {name: _stored(tensor).cpu() for name, tensor in lasting})


def check_storable(state: Mapping[str, Tensor], advice: str) -> None:
    """Checks that every weight that `save` stores is finite in half precision.

    Raises:
        ExplorerError: If one is not; the message names it and its value, and ends with `advice`.
    """
    for name, tensor in _lasting(state).items():
        unstorable = ~torch.isfinite(_stored(tensor))
        if bool(unstorable.any()):
            value = tensor[unstorable][0].item()
            raise ExplorerError(
                f"the weight {name} is {value:g}, which half precision cannot store (at most "
                f"{torch.finfo(torch.half).max:,.0f}): {advice}"
            )


def _lasting(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights that a finished run stores."""
    tensors = unique(state).items()
    return {name: tensor for name, tensor in tensors if not name.startswith(_AUXILIARY)}


def _stored(tensor: Tensor) -> Tensor:
    # Integers, such as step counts, do not fit half precision.
    return tensor.half() if tensor.is_floating_point() else tensor


def unique(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a state, without aliases: tied weights are stored once."""
    seen: set[int] = set()
    result = {}
    for name, tensor in state.items():
        if tensor.numel() and tensor.data_ptr() in seen:
            continue
        seen.add(tensor.data_ptr())
        result[name] = tensor.contiguous()
    return result


def write_tensors(path: Path, tensors: dict[str, Tensor], metadata: str | None = None) -> None:
    """Writes tensors and a metadata string as safetensors, atomically."""
    content = serialise(tensors, {"explorer": metadata} if metadata else None)
    write(path, lambda file: file.write(content))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], str]:
    """Reads what `write_tensors` wrote.

    Raises:
        ExplorerError: If the file is missing or damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return tensors, (file.metadata() or {}).get("explorer", "")
    except FileNotFoundError:
        raise ExplorerError(f"{path} is missing") from None
    except (SafetensorError, OSError) as error:
        raise ExplorerError(f"{path} is damaged: {error}") from None


def load_tensors(model: TextVAE, tensors: Mapping[str, Tensor], source: Path) -> None:
    """Copies stored tensors into a model; tied weights by whichever name was stored.

    Raises:
        ExplorerError: If names or shapes are not those of the model.
    """
    own = model.state_dict()
    stored_once = unique(own)
    if set(tensors) != set(stored_once):
        odd = sorted(set(tensors) ^ set(stored_once))
        raise ExplorerError(f"{source} does not fit its {CONFIG}: weights {', '.join(odd[:3])}")
    for name, tensor in tensors.items():
        if tensor.shape != own[name].shape:
            raise ExplorerError(
                f"{source} does not fit its {CONFIG} or its vocabulary: {name} is "
                f"{tuple(tensor.shape)}, expected {tuple(own[name].shape)}"
            )
        if not bool(torch.isfinite(tensor).all()):
            raise ExplorerError(f"{source} is damaged: {name} holds values that are no numbers")
    with torch.no_grad():
        for name, tensor in tensors.items():
            own[name].copy_(tensor)


class _NoLargerThan(TorchFunctionMode):
    """Stops the construction of a model far larger than its weights, before it fills memory.

    Shapes are compared only afterwards, and an untrusted recipe may ask for any size.
    """

    def __init__(self, tensors: Mapping[str, Tensor], source: Path) -> None:
        super().__init__()
        # Tied weights are stored once and allocated twice.
        self._left = 4 * sum(tensor.numel() for tensor in tensors.values()) + 2**20
        self._source = source

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        if func is torch.empty:  # the first call of every layer, which commits no memory yet
            self._left -= made.numel()
            if self._left < 0:
                raise ExplorerError(
                    f"{self._source} does not fit its {CONFIG}, which asks for a larger model"
                )
        return made


def load_model(folder: Path) -> tuple[Config, Vocabulary, TextVAE]:
    """Opens a trained run from its folder alone; the model is in `eval` mode on the CPU.

    Auxiliary losses are dropped, even if an older run stored their weights.

    Raises:
        ExplorerError: If a file is missing, damaged, or does not fit the others.
    """
    config = configs.read(folder / CONFIG)
    path = weights_of(folder)
    vocabulary = vocabulary_file.load(folder, config.corpus)
    is_fitted = config.training.fit_prior["name"] != "none"
    stored, _ = read_tensors(path)
    tensors = {name: item for name, item in stored.items() if not name.startswith(_AUXILIARY)}
    recipe = dataclasses.replace(configs.final_model(config), auxiliary={"name": "none"})
    with _NoLargerThan(tensors, path):
        model = build(recipe, len(vocabulary), is_fitted)
    load_tensors(model, tensors, path)
    return config, vocabulary, model.eval().requires_grad_(False)
