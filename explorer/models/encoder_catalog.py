"""The pre-trained sentence encoders by name; without torch, for the first paint of a page."""

import importlib.util
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INSTALL = "pip install -e '.[teacher]'"

_TRANSFORMERS = ("transformers", "tokenizers")
_MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

LOCAL_FILES = {"config.json": 2**20, "tokenizer.json": 2**26, "model.safetensors": 2**32}
"""Files of a local model's folder, and the most bytes each may have."""


@dataclass(frozen=True, slots=True)
class SentenceEncoder:
    """A pre-trained encoder, loaded only when sentences are encoded."""

    dim: int
    """Size of a sentence vector."""
    sha256: str
    """Of its weights file."""
    load: Callable[[Any], Any] | str
    """Loads it to a torch device, as an `Encode`; or the function's `module:name` within
    `explorer.models`, imported when used, since it needs torch."""
    modules: tuple[str, ...] = ()
    """What must be installed."""
    about: str = ""
    """Its full name and source, as a sentence."""
    licence: str = ""

    def open(self, device: Any) -> Any:
        """Loads it; an ExplorerError names the extra if its package is missing."""
        load = self.load
        if isinstance(load, str):
            load = pkgutil.resolve_name(f"explorer.models.{load}")
        return load(device)


SENTENCE_ENCODERS: dict[str, SentenceEncoder] = {
    "minilm": SentenceEncoder(
        384,
        _MINILM_SHA256,
        "sentence_encoders:open_minilm",
        (*_TRANSFORMERS, "all_minilm_l6_v2"),
        "all-MiniLM-L6-v2 (Reimers & Gurevych 2019, arXiv:1908.10084).",
        "Apache-2.0",
    )
}


def lacking(source: str) -> str:
    """Why a sentence encoder is not at hand; empty if it is. Loads nothing.

    Args:
        source: A name of `SENTENCE_ENCODERS`, or the folder of a local model.
    """
    modules = _TRANSFORMERS
    if source in SENTENCE_ENCODERS:
        modules = SENTENCE_ENCODERS[source].modules
    else:
        folder = Path(source).expanduser()
        missing = [name for name in LOCAL_FILES if not (folder / name).is_file()]
        if missing:
            return f"there is no {folder / missing[0]}"
    if any(importlib.util.find_spec(name) is None for name in modules):
        return f"its packages are not installed: {INSTALL}"
    return ""
