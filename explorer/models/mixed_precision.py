"""bfloat16 arithmetic of encoder and decoder in training, where the hardware supports it.

Emulated, it is several times slower than float32, or missing. The latent space and its prior stay
in float32: they are small, and their rounding errors are nats.
"""

import time
from contextlib import AbstractContextManager
from functools import cache

import torch

_CPU_FEATURES = ("avx512_bf16", "amx_bf16")


def has_bf16(device: torch.device) -> bool:
    """Whether the device computes in bfloat16 faster than in float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        # Older versions of torch do not list the features of the CPU.
        capabilities = getattr(torch.cpu, "get_capabilities", dict)()
        return any(capabilities.get(name) for name in _CPU_FEATURES)
    return False


def autocast(device: torch.device, bf16: bool) -> AbstractContextManager[object]:
    """A context with bfloat16 matrix products if `bf16` and the hardware supports them."""
    return torch.autocast(device.type, torch.bfloat16, enabled=bf16 and has_bf16(device))


@cache
def bf16_is_faster(device: torch.device, dtype: torch.dtype = torch.float32) -> bool:
    """Whether products in bfloat16 are faster on a CPU than those of a model's float32.

    Measured once, in some milliseconds. On a GPU, where decoding waits for each step, it was not
    measured: False.
    """
    if device.type != "cpu" or dtype != torch.float32 or not has_bf16(device):
        return False
    wide = torch.ones(128, 256), torch.ones(256, 2048)
    narrow = tuple(factor.bfloat16() for factor in wide)
    return _seconds(*narrow) < _seconds(*wide)


def _seconds(a: torch.Tensor, b: torch.Tensor) -> float:
    """The shortest time of a product, the first ones not counted."""
    times = []
    for _ in range(6):
        started = time.perf_counter()
        torch.mm(a, b)
        times.append(time.perf_counter() - started)
    return min(times[2:])
