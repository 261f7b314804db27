"""Large matrices stored in eight bits: an integer per number and a scale per row.

W[i, j] ≈ s[i] · c[i, j] with s[i] = max |W[i]| / 127 and c in −127 … 127, so no number is off by
more than half its row's scale (Jacob et al. 2018, symmetric, per channel). Small matrices save
little and vectors need more precision: both stay in half precision.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

_SCALE = ".row_scale"
"""Suffix of the name under which the scales of a matrix are stored."""
_LARGE = 2**14
"""Numbers from which a matrix is stored in eight bits."""
_LEVELS = 127


def pack(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors with each large matrix replaced by its integers (int8) and its scales (float32)."""
    packed = {}
    for name, tensor in tensors.items():
        packed[name] = tensor
        if tensor.is_floating_point() and tensor.dim() >= 2 and tensor.numel() >= _LARGE:
            rows = tensor.flatten(1).float()
            scale = rows.abs().amax(1) / _LEVELS
            codes = (rows / scale.clamp(min=torch.finfo().tiny)[:, None]).round()
            packed[name] = codes.clamp(-_LEVELS, _LEVELS).to(torch.int8).view(tensor.shape)
            packed[name + _SCALE] = scale
    return packed


def unpack(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors that were packed; large matrices as float32, rounded.

    Raises:
        ValueError: If scales do not fit their matrix, or a matrix in eight bits is without.
    """
    check({name: tensor.shape for name, tensor in tensors.items()})
    result = {}
    for name, tensor in tensors.items():
        if name.endswith(_SCALE):
            continue
        scale = tensors.get(name + _SCALE)
        if (tensor.dtype == torch.int8) != (scale is not None):
            raise ValueError(
                f"{name[:80]} contains {tensor.dtype} with{'out' * (scale is None)} scales"
            )
        if scale is not None:
            if not scale.is_floating_point():
                raise ValueError(f"{name[:80]} contains scales of type {scale.dtype}")
            tensor = tensor * scale.float().view(-1, *[1] * (tensor.dim() - 1))
        result[name] = tensor
    return result


def check(shapes: Mapping[str, Sequence[int]]) -> dict[str, Sequence[int]]:
    """The shapes of the weights among those of stored tensors.

    Raises:
        ValueError: If scales do not fit their matrix.
    """
    for name, shape in shapes.items():
        if name.endswith(_SCALE):
            matrix = shapes.get(name.removesuffix(_SCALE), ())
            if len(matrix) < 2 or tuple(shape) != (matrix[0],):
                raise ValueError(
                    f"{name[:80]} has shape {tuple(shape)} for a matrix of shape {tuple(matrix)}"
                )
    return {name: shape for name, shape in shapes.items() if not name.endswith(_SCALE)}


def stored_names(names: Sequence[str], shapes: Mapping[str, Sequence[int]]) -> list[str]:
    """The names under which some weights are stored, those of their scales included."""
    return [*names, *(name + _SCALE for name in names if name + _SCALE in shapes)]
