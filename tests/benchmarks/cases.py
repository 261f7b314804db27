"""What `tests.benchmarks.speed` times: each case done by the project and by the reference."""

import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import torch

from explorer.config import Config, CorpusConfig, ModelConfig, ObjectiveConfig, TrainingConfig
from explorer.evaluation.likelihood import importance_estimates
from explorer.models import dataset as training_data
from explorer.models.batch_inference import posteriors
from explorer.models.decoding_settings import PART, Decoding
from explorer.models.decoding_strategies import generate
from explorer.models.mixed_precision import has_bf16
from explorer.models.vae import TextVAE, build
from explorer.text.batching import plan
from explorer.text.tokens import EOS
from explorer.training.trainer import Trainer
from tests.benchmarks.reference import Ids, Reference, exact_batches, train_steps

WORDS = 10_000
MAX_TOKENS = 40
BATCHES = 40
"""Batches trained on: every so-many-th of the corpus' batches in order of length."""


@dataclass(frozen=True)
class Size:
    """Sizes of a model, and the batch it is trained with."""

    embedding: int
    hidden: int
    batch: int
    latent: int = 32

    def flops(self) -> dict[str, float]:
        """Floating-point operations of the products for one token, forward."""
        narrow = self.hidden * self.embedding * (self.hidden != self.embedding)
        products = {
            "encoder": 4 * self.hidden * (self.embedding + self.hidden),
            "decoder": 4 * self.hidden * (self.embedding + self.latent + self.hidden) + narrow,
            "vocabulary": self.embedding * WORDS,
        }
        return {name: 2.0 * count for name, count in products.items()}


SIZES = {"small": Size(256, 256, 64), "large": Size(512, 1024, 32)}


@dataclass(frozen=True)
class Case:
    """A task: each side does some of it and says how much; units are counted a second."""

    name: str
    unit: str
    flops: float  # of a unit
    ours: Callable[[], int]
    reference: Callable[[], int]


def penn_treebank() -> tuple[Ids, Ids]:
    """Training and test ids; invented ones of like lengths where the corpus is not here."""
    if os.environ.get("EXPLORER_MIRROR"):
        config = Config(corpus=CorpusConfig(name="ptb", vocabulary_size=WORDS))
        data = training_data.load(config)
        if len(data.vocabulary) <= WORDS + 10:
            return data.select("train", 200), data.select("test", 200)
    chance = torch.Generator().manual_seed(0)

    def invent(number: int) -> Ids:
        lengths = (21 + 10 * torch.randn(number, generator=chance)).clamp(1, 80).long()
        return [torch.randint(4, WORDS, (n,), generator=chance).tolist() for n in lengths.tolist()]

    return invent(20_000), invent(2_000)


def fresh(size: Size) -> TextVAE:
    """A model of that size, the same every time."""
    torch.manual_seed(0)
    part = {"name": "lstm", "hidden_dim": size.hidden}
    config = ModelConfig(
        embedding_dim=size.embedding, latent_dim=size.latent, encoder=part, decoder=part
    )
    return build(config, WORDS)


def our_steps(size: Size, train: Ids, bf16: bool = False) -> Iterator[int]:
    """The project's training, a step at a time; gives the predicted tokens of each."""
    batches = plan([len(row) for row in train], size.batch)
    kept = batches[:: max(1, len(batches) // BATCHES)]
    sentences = [train[row] for batch in kept for row in batch]
    config = Config(
        corpus=CorpusConfig(name="ptb"),
        model=fresh(size).config,
        objective=ObjectiveConfig(
            rate={"name": "plain"}, schedule={"name": "constant", "beta": 1.0}
        ),
        training=TrainingConfig(
            epochs=10**6, pretrain_epochs=0, batch_size=size.batch, snapshots=0, bf16=bf16
        ),
    )
    trainer = Trainer(
        fresh(size), sentences, config, lambda model, noise: {"distortion": 0.0, "rate": 0.0}
    )
    lengths = [len(row) + 1 for row in sentences]
    while True:
        epoch, batch = trainer.progress.epoch, trainer.progress.batch
        asked = count()  # once before the step, then after it
        for _ in trainer.run(should_stop=lambda calls=asked: next(calls) > 0):
            pass
        order = plan(lengths, size.batch, config.seed * 1_000_003 + epoch)
        yield sum(lengths[row] for row in order[batch])


def reference_steps(size: Size, train: Ids) -> Iterator[int]:
    """The reference's training, a step at a time."""
    batches = exact_batches(train, size.batch)
    kept = batches[:: max(1, len(batches) // BATCHES)]
    return train_steps(Reference(fresh(size)).train(), kept, 1e-3, 5.0)


def _several(steps: Iterator[int], times: int) -> Callable[[], int]:
    return lambda: sum(next(steps) for _ in range(times))


def _ending(model: TextVAE, share: float) -> TextVAE:
    """Lets a fresh model end a sentence with that probability at every word."""
    with torch.no_grad():
        odds = share / (1 - share) if share else 1e-30
        model.decoder.output.bias[EOS] = math.log(odds * WORDS)
    return model


def cases(size: Size, train: Ids, test: Ids) -> list[Case]:
    """Everything that is timed, for models of one size."""
    flops = size.flops()
    steps = size.batch // 8
    token = sum(flops.values())
    step = flops["decoder"] + flops["vocabulary"]
    endless, mortal = _ending(fresh(size).eval(), 0.0), _ending(fresh(size).eval(), 0.05)
    slow, slow_mortal = Reference(endless), Reference(mortal)
    z = torch.randn(256, size.latent)
    rows = sorted(test, key=len)[:: max(1, len(test) // 1024)][:1024]
    scored = [row for row in rows if len(row) == 20][:2]
    per_sentence = flops["encoder"] * sum(len(row) + 1 for row in rows) / len(rows)

    def decoded(model: TextVAE, points: torch.Tensor, strategy: str) -> int:
        return len(generate(model.decoder, points, Decoding(strategy=strategy, max_tokens=40)))

    def encoded() -> int:
        with torch.no_grad():
            return sum(len(slow.encode(tokens)[0]) for tokens in exact_batches(rows, 256))

    def estimated() -> int:
        noise = torch.randn(500, size.latent)
        return len([slow.importance_nll(row, noise) for row in scored])

    def trained(name: str, bf16: bool) -> Case:
        ours, theirs = our_steps(size, train, bf16), reference_steps(size, train)
        return Case(name, "tokens", 3 * token, _several(ours, steps), _several(theirs, steps))

    def encoding(name: str, bf16: bool) -> Case:
        def ours() -> int:
            return len(posteriors(endless, rows, bf16=bf16)[0])

        return Case(name, "sentences", per_sentence, ours, encoded)

    is_narrow = has_bf16(z.device)
    return [
        trained("train", False),
        *([trained("train, bf16", True)] if is_narrow else []),
        encoding("encode, batch 256", False),
        *([encoding("encode, bf16", True)] if is_narrow else []),
        Case(
            "greedy, 40 tokens", "sentences", MAX_TOKENS * step,
            lambda: decoded(endless, z, "greedy"), lambda: len(slow.decode(z, MAX_TOKENS)),
        ),
        Case(
            "sampling, <eos> live", "sentences", 17.4 * step,
            lambda: decoded(mortal, z, "sample"),
            lambda: len(slow_mortal.decode(z, MAX_TOKENS, sample=True)),
        ),
        Case(
            "beam 5, 40 tokens", "sentences", 5 * MAX_TOKENS * step,
            lambda: decoded(endless, z[: PART // 5], "beam"),
            lambda: len(slow.beam(z[:1], 5, MAX_TOKENS)),
        ),
        Case(
            "importance NLL, K = 500", "sentences", 500 * 21 * step,
            lambda: len(importance_estimates(endless, scored, 500).nll), estimated,
        ),
    ]  # fmt: skip


def peak(steps: Iterator[int], times: int = BATCHES) -> float:
    """Trains through every batch once; the most memory this process held, MB (Linux only)."""
    for _ in range(times):
        next(steps)
    return peak_memory()


def peak_memory() -> float:
    """The most memory this process held so far, MB.

    Not `getrusage`, whose figure starts at the size of the process this one was forked from.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def product_rate(sizes: Sequence[int] = (512, 1024, 2048)) -> float:
    """The best rate of float32 products on this machine with these threads, GFLOP/s."""
    import time

    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    best = 0.0
    for n in sizes:
        a, b = torch.randn(n, n), torch.randn(n, n)
        out = torch.empty(n, n)
        for _ in range(6):
            started = clock()
            torch.mm(a, b, out=out)
            best = max(best, 2e-9 * n**3 / (clock() - started))
    return best
