"""A tiny run whose latent space are given vectors, and the encoder they are made with."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from explorer import pipeline
from explorer.cli.main import main
from explorer.latent_space.projections import pca_layout
from explorer.models.encoder_catalog import SENTENCE_ENCODERS, SentenceEncoder
from explorer.runs import folder as folders
from tests import tiny

DIM = 24
NAME = "letters-and-places"


def embed(sentences: Sequence[str]) -> torch.Tensor:
    """Unit vectors: a sum of random vectors of the words, each turned by its place."""
    rows = [
        sum(
            (np.roll(_of_word(word), place) for place, word in enumerate(text.lower().split())),
            np.full(DIM, 0.1),
        )
        for text in sentences
    ]
    table = torch.tensor(np.array(rows), dtype=torch.float32)
    table[:, -1] = 0.0  # as in MiniLM, where some numbers never vary
    return torch.nn.functional.normalize(table)


def _of_word(word: str) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big")
    return np.random.default_rng(seed).normal(size=DIM)


def register(monkeypatch) -> None:
    """Makes the encoder one that is at hand."""
    entry = SentenceEncoder(DIM, "ab" * 32, lambda device: embed)
    monkeypatch.setitem(SENTENCE_ENCODERS, NAME, entry)


def write(path: Path, count: int = 200, scale: float = 3.0) -> Path:
    """A Parquet file of sentences, labels and their vectors."""
    texts = tiny.sentences(count)
    table = {
        "text": texts,
        "label": ["animal" if "dog" in text else "other" for text in texts],
        "embedding": list((scale * embed(texts)).numpy()),
    }
    pq.write_table(pa.table(table), path)
    return path


def new(folder: Path, corpus: Path, *options: str) -> Path:
    """A recipe for the file; raises for none."""
    command = ["new", str(folder), "--corpus", str(corpus), "--text-column", "text"]
    sizes = ["decoder.hidden_dim=48", "decoder.project=24", "embedding_dim=24"]
    for setting in [f"model.{size}" for size in sizes]:
        command += ["--set", setting]
    command += ["--set", "training.epochs=16", "--set", "training.learning_rate=0.01"]
    command += ["--set", "training.batch_size=8", "--set", "training.patience=0"]
    command += ["--set", "training.bf16=false", "--set", "atlas.neighbours=5"]
    assert main([*command, *options]) == 0
    return folder


def build(root: Path) -> Path:
    """Trains the run in seconds and draws its map."""
    folder = new(root / "given", write(root / "given.parquet"), "--vector-column", "embedding")
    for _ in pipeline.train(folder, "cpu"):
        pass
    with mock.patch("explorer.latent_space.projections.umap_layout", pca_layout):
        pipeline.make_atlas(folder)
    return folder


def with_encoder(folder: Path) -> None:
    """Makes a run say which encoder its vectors are of."""
    path = folder / folders.CONFIG
    text = path.read_text(encoding="utf-8")
    named = text.replace('name = "vectors", dim', f'name = "vectors", source = "{NAME}", dim')
    assert named != text
    path.write_text(named, encoding="utf-8")
