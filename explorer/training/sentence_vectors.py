"""Vectors of a corpus from a pre-trained sentence encoder, cached on disk."""

import io
import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from jaxtyping import Float, Float16
from numpy.lib import format as npy
from torch import Tensor

from explorer.errors import ExplorerError
from explorer.models.encoder_catalog import SENTENCE_ENCODERS, SentenceEncoder
from explorer.system.atomic_files import home, unwritable
from explorer.text.corpora import Corpus

CHUNK = 2048
"""Sentences encoded between two writes, which a killed process loses at most."""


@dataclass(frozen=True, slots=True)
class SentenceVectors:
    """The vectors of some sentences, read from disk on demand."""

    stored: Float16[np.ndarray, "corpus dim"]
    rows: Sequence[int]
    """Their rows in the corpus."""
    groups: Sequence[int] = ()
    """Their groups: each sentence gets the mean vector of its group. Empty: its own vector."""
    _members: dict[int, list[int]] = field(init=False)

    def __post_init__(self) -> None:
        members: dict[int, list[int]] = defaultdict(list)
        for row, group in zip(self.rows, self.groups, strict=False):
            members[group].append(row)
        object.__setattr__(self, "_members", members)

    def __call__(self, indices: Sequence[int]) -> Float[Tensor, "indices dim"]:
        """The vectors of the sentences with these indices in `rows`, float32."""
        if not self.groups:
            rows = [self.rows[index] for index in indices]
            return torch.from_numpy(self.stored[rows].astype(np.float32))
        members = (self._members[self.groups[index]] for index in indices)
        means = [self.stored[rows].astype(np.float32).mean(0) for rows in members]
        return torch.from_numpy(np.stack(means))


def path(name: str, corpus: Corpus) -> Path:
    """The cache file of a corpus's vectors from the sentence encoder of this name."""
    weights = SENTENCE_ENCODERS[name].sha256
    return home() / "sentence-vectors" / f"{name}-{weights[:16]}-{corpus.checksum[:32]}.npy"


def load(
    name: str,
    corpus: Corpus,
    device: torch.device,
    progress: Callable[[float], None] = lambda fraction: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Float16[np.ndarray, "corpus dim"] | None:
    """The vectors of all sentences of a corpus, from the cache or computed and cached.

    An interrupted computation continues with its next chunk. Of several processes that call this
    at once, one computes and the others wait.

    Args:
        name: In `SENTENCE_ENCODERS`.
        corpus: The sentences.
        device: To compute on.
        progress: Called with the fraction done.
        should_stop: Called after every chunk; True returns None and saves the chunks done.

    Raises:
        ExplorerError: If the encoder's packages are missing, or the cache cannot be written.
    """
    target, encoder = path(name, corpus), SENTENCE_ENCODERS[name]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_suffix(".lock")):
            if not target.is_file() and not _fill(
                target, encoder, corpus.sentences, device, progress, should_stop
            ):
                return None
    except OSError as error:
        raise unwritable(target, error) from None
    return _open(target, (len(corpus.sentences), encoder.dim))


def _open(target: Path, shape: tuple[int, int]) -> Float16[np.ndarray, "corpus dim"]:
    try:
        vectors = np.load(target, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError):
        vectors = None
    if vectors is None or vectors.shape != shape or vectors.dtype != np.float16:
        raise ExplorerError(f"{target} is damaged: delete it to compute it again")
    return vectors


def _fill(
    target: Path,
    encoder: SentenceEncoder,
    sentences: Sequence[str],
    device: torch.device,
    progress: Callable[[float], None],
    should_stop: Callable[[], bool],
) -> bool:
    """Appends chunks to a partial file, renamed when it is complete; False if it was stopped."""
    header = io.BytesIO()
    npy.write_array_header_1_0(
        header, {"descr": "<f2", "fortran_order": False, "shape": (len(sentences), encoder.dim)}
    )
    chunk_bytes = CHUNK * encoder.dim * 2
    encode = encoder.open(device)
    partial = target.with_suffix(".partial")
    with partial.open("ab") as file:
        chunks = max(0, file.tell() - header.tell()) // chunk_bytes  # whole ones
        if chunks == 0:
            file.truncate(0)
            file.write(header.getvalue())
        else:
            file.truncate(header.tell() + chunks * chunk_bytes)
        for start in range(chunks * CHUNK, len(sentences), CHUNK):
            progress(start / len(sentences))
            if should_stop():
                return False
            vectors = encode(sentences[start : start + CHUNK])
            file.write(vectors.numpy().astype("<f2").tobytes())
            file.flush()
            os.fsync(file.fileno())
    partial.replace(target)
    progress(1.0)
    return True
