"""The device to compute on."""

import os

import torch

from explorer.errors import ExplorerError
from explorer.system import distributed


def device(name: str = "") -> torch.device:
    """The device of this name; without a name, the fastest.

    Raises:
        ExplorerError: If this machine has no such device.
    """
    available = {"cpu": True, "cuda": torch.cuda.is_available()}
    # A machine has one mps device, which processes cannot divide.
    available["mps"] = torch.backends.mps.is_available() and distributed.count() == 1
    if not name:
        name = next(key for key in ("cuda", "mps", "cpu") if available[key])
        if os.environ.get("ACCELERATE_USE_CPU") == "true":  # accelerate launch --cpu
            name = "cpu"
    if not available.get(name.partition(":")[0], False):
        known = ", ".join(key for key, is_available in available.items() if is_available)
        raise ExplorerError(f"--device {name}: this machine has only {known}")
    if distributed.count() > 1 and name == "cuda":
        if distributed.local_rank() >= torch.cuda.device_count():
            raise ExplorerError(
                f"more processes than GPUs ({torch.cuda.device_count()}): start one process per "
                "GPU, or add --device cpu"
            )
        name = f"cuda:{distributed.local_rank()}"
        torch.cuda.set_device(name)
    try:
        return torch.device(name)
    except RuntimeError:
        raise ExplorerError(f"--device {name}: a number follows the colon, as in cuda:1") from None
