"""Products in bfloat16: those of encoder and decoder, in training, where the hardware has them.

Without such hardware they are computed several times slower than in float32, or, by a processor
without AVX-512, not at all. What is small but counts in nats, the latent space and its prior,
stays in float32 everywhere.
"""

from contextlib import AbstractContextManager

import torch

_OF_PROCESSORS = ("avx512_bf16", "amx_bf16")


def has_bf16(device: torch.device) -> bool:
    """Whether products in bfloat16 are faster there than in float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        # A torch that is too old to say what the processor has is taken to have none.
        capabilities = getattr(torch.cpu, "get_capabilities", dict)()
        return any(capabilities.get(name) for name in _OF_PROCESSORS)
    return False


def products(device: torch.device, bf16: bool) -> AbstractContextManager[object]:
    """What is computed in this context has its products in bfloat16, if asked for and there."""
    return torch.autocast(device.type, torch.bfloat16, enabled=bf16 and has_bf16(device))
