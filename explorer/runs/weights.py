"""Weights of a run: saved in half precision or eight bits, loaded only if they fit.

Executes nothing.
"""

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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
from explorer.runs import eight_bits, vocabulary_file
from explorer.runs.folder import CONFIG, WEIGHTS, weights_of
from explorer.system import memory
from explorer.system.atomic_files import write
from explorer.text.vocabulary import Vocabulary

_AUXILIARY = "auxiliary."
"""Prefix of weights used in training only."""

_LARGEST = torch.finfo(torch.half).max
_KINDS = {"BOOL", "U8", "I8", "I16", "I32", "I64", "F16", "BF16", "F32", "F64"}
"""Types of numbers in files, as safetensors names them."""


def save(folder: Path, model: TextVAE, storage: str = configs.HALF) -> None:
    """Writes `model.safetensors`, each shared tensor once.

    The weights of auxiliary losses are used in training only and left out.

    Args:
        folder: Of the run.
        model: Any.
        storage: One of `configs.STORAGES`; "int8" stores large matrices in eight bits.

    Raises:
        ExplorerError: If half precision cannot hold a weight, or the file cannot be written.
    """
    check_storable(model.state_dict(), "nothing is written")
    lasting = {name: tensor.cpu() for name, tensor in _lasting(model.state_dict()).items()}
    tensors = eight_bits.pack(lasting) if storage == configs.INT8 else lasting
    scales = tensors.keys() - lasting.keys()
    stored = {name: t if name in scales else _stored(t) for name, t in tensors.items()}
    write_tensors(folder / WEIGHTS, stored)


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
                f"the weight {name} is {value:g}, which half precision cannot represent (at most "
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


def read_tensors(path: Path, names: Sequence[str] | None = None) -> tuple[dict[str, Tensor], str]:
    """Reads what `write_tensors` wrote: all tensors or those named, and the metadata string.

    Raises:
        ExplorerError: If the file is missing or damaged, or holds numbers of a type that
            `write_tensors` never wrote.
    """
    with _opened(path) as file:
        tensors = {}
        for name in file.keys() if names is None else names:
            kind = file.get_slice(name).get_dtype()
            if kind not in _KINDS:  # torch holds eight-bit floats and computes with none
                raise ExplorerError(
                    f"{path} is damaged: {name[:80]} contains numbers of type {kind}"
                )
            tensors[name] = file.get_tensor(name)
        return tensors, (file.metadata() or {}).get("explorer", "")


def read_weights(path: Path, names: Sequence[str] | None = None) -> dict[str, Tensor]:
    """Reads what `save` wrote: all weights or those named; matrices in eight bits as float32.

    Raises:
        ExplorerError: If the file is missing or damaged.
    """
    if names is not None:
        names = eight_bits.stored_names(names, read_shapes(path))
    tensors = read_tensors(path, names)[0]
    try:
        return eight_bits.unpack(tensors)
    except ValueError as error:
        raise ExplorerError(f"{path} is damaged: {error}") from None


def weight_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The shapes of the weights that `save` wrote, of which none is read.

    Raises:
        ExplorerError: If the file is missing or damaged.
    """
    try:
        shapes = eight_bits.check(read_shapes(path))
    except ValueError as error:
        raise ExplorerError(f"{path} is damaged: {error}") from None
    return {name: tuple(shape) for name, shape in shapes.items()}


def read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The shapes of the tensors in a file, of which none is read.

    Raises:
        ExplorerError: If the file is missing or damaged.
    """
    with _opened(path) as file:
        return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except FileNotFoundError:
        raise ExplorerError(f"{path} is missing") from None
    except (SafetensorError, OSError, RuntimeError, AttributeError) as error:
        if memory.is_exhausted(error):
            raise
        raise ExplorerError(f"{path} is damaged: {error}") from None


def load_tensors(model: TextVAE, tensors: Mapping[str, Tensor], source: Path) -> None:
    """Copies stored tensors into a model; tied weights by whichever name was stored.

    Raises:
        ExplorerError: If names or shapes are not those of the model.
    """
    check_shapes(model, {name: tensor.shape for name, tensor in tensors.items()}, source)
    own = model.state_dict()
    for name, tensor in tensors.items():
        check_stored(name, tensor, own[name], source)
    with torch.no_grad():
        for name, tensor in tensors.items():
            own[name].copy_(tensor)


def check_shapes(model: TextVAE, shapes: Mapping[str, Sequence[int]], source: Path) -> None:
    """Checks that stored tensors have the names and shapes of a model.

    Raises:
        ExplorerError: If they have not; the message names the first ones.
    """
    own = model.state_dict()
    stored_once = unique(own)
    if set(shapes) != set(stored_once):
        odd = [name[:80] for name in sorted(set(shapes) ^ set(stored_once))]
        raise ExplorerError(f"{source} does not fit its {CONFIG}: weights {', '.join(odd[:3])}")
    for name, shape in shapes.items():
        if tuple(shape) != tuple(own[name].shape):
            raise ExplorerError(
                f"{source} does not fit its {CONFIG} or its vocabulary: {name} has shape "
                f"{tuple(shape)}, expected {tuple(own[name].shape)}"
            )


def check_stored(name: str, tensor: Tensor, own: Tensor, source: Path) -> None:
    """Checks that a stored tensor holds numbers of the kind, and no larger than, `save` writes.

    Larger ones are finite and yet overflow in the first product.

    Raises:
        ExplorerError: If it does not.
    """
    # Masks were once stored as numbers.
    is_another = own.is_floating_point() and not tensor.is_floating_point()
    if is_another or tensor.is_complex():
        raise ExplorerError(
            f"{source} is damaged: {name} contains {_type(tensor)}, expected {_type(own)}"
        )
    if tensor.is_floating_point() and not bool((tensor.abs() <= _LARGEST).all()):
        raise ExplorerError(
            f"{source} is damaged: {name} contains values that are not numbers, or exceed half "
            f"precision (at most {_LARGEST:,.0f})"
        )


def _type(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


class _NoLargerThan(TorchFunctionMode):
    """Stops the construction of a model far larger than its weights, before it fills memory.

    Shapes are compared only afterwards, and an untrusted recipe may ask for any size. torch's
    device "meta" would need no count, but the flows of zuko call `unique`, which it lacks.
    """

    def __init__(self, shapes: Mapping[str, Sequence[int]], source: Path) -> None:
        super().__init__()
        # Tied weights are stored once and allocated twice.
        self._left = 4 * sum(map(math.prod, shapes.values())) + 2**20
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
    shapes = {
        name: shape
        for name, shape in weight_shapes(path).items()
        if not name.startswith(_AUXILIARY)
    }
    recipe = dataclasses.replace(configs.final_model(config), auxiliary={"name": "none"})
    with _NoLargerThan(shapes, path):
        model = build(recipe, len(vocabulary), is_fitted)
    check_shapes(model, shapes, path)  # a sparse file of zeros costs nothing until it is read
    load_tensors(model, read_weights(path, list(shapes)), path)
    return config, vocabulary, model.eval().requires_grad_(False)
