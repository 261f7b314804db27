"""The training loop: a generator of reports that can be stopped and resumed at any step."""

import dataclasses
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from explorer.config import Config
from explorer.errors import ExplorerError
from explorer.models import elbo
from explorer.models.batch_shard import BatchShard, all_reduce_gradients
from explorer.models.padding import collate
from explorer.models.rate_penalties import penalty_for
from explorer.models.vae import TextVAE
from explorer.registry import choose
from explorer.runs.weights import unique
from explorer.text.batching import plan
from explorer.training.aggressive_encoder import catch_up, keep_gradients
from explorer.training.optimisers import optimiser_for, set_learning_rate
from explorer.training.schedules import SCHEDULES, TargetRate
from explorer.training.warm_start import UNTRAINED, PretrainedWeights

Validate = Callable[[TextVAE, bool], dict[str, float]]
"""Measures a model on held-out sentences, with or without posterior noise; has at least
`distortion` and `rate`, and `charge` where the loss charges something else than the rate."""

Targets = Callable[[Sequence[int]], Tensor]
"""The vectors of training sentences, (rows, dimensions), given their rows."""

REPORTS_PER_EPOCH = 20
PRIOR_SENTENCES = 1000
"""Training sentences among which the components of a learned prior start."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """Averages since the report before; distortion, rate and loss in nats per sentence."""

    phase: str  # "pretraining" or "training"
    step: int  # optimiser steps, pre-training included
    epoch: float  # epochs done, pre-training included
    epochs: int  # epochs in all
    seconds: float  # of training, over all sessions
    seconds_left: float
    beta: float
    distortion: float
    rate: float
    loss: float
    tokens_per_second: float  # predicted tokens
    validation: dict[str, float] = dataclasses.field(default_factory=dict)  # where there was one


@dataclass(slots=True)
class TrainingProgress:
    """Where training stands; with weights, moments and random state, all there is to resume."""

    epoch: int = 0  # whole epochs done, pre-training included
    batch: int = 0  # batches done in this epoch
    step: int = 0
    seconds: float = 0.0
    best: float = math.inf  # lowest validation loss at the last beta
    best_epoch: int = 0
    multiplier: float = 0.0  # beta, where it follows the rate
    is_aggressive: bool = False  # whether the encoder catches up before every step
    information: float = -math.inf  # highest mutual information of a look, nats
    before: int | None = None  # epochs of the stage this one follows, where it follows one


class _Means(NamedTuple):
    """Of the steps since the last report, in nats per sentence."""

    distortion: float
    rate: float
    loss: float
    tokens_per_second: float  # predicted ones


@dataclass(slots=True)
class _Since:
    """The steps since the last report."""

    sums: Tensor  # distortion, rate and loss of all sentences, where the model is
    seconds_before: float  # of training
    sentences: int = 0
    tokens: int = 0  # predicted ones
    started: float = dataclasses.field(default_factory=time.perf_counter)
    seconds: float = 0.0

    def add(self, terms: Tensor, sentences: int, tokens: int) -> None:
        """One more step, just done."""
        self.sums += terms.to(self.sums.dtype)
        self.sentences += sentences
        self.tokens += tokens
        self.seconds = time.perf_counter() - self.started

    @property
    def training_seconds(self) -> float:
        """Seconds of training, all sessions together."""
        return self.seconds_before + self.seconds


class Trainer:
    """Trains one model on one corpus.

    Args:
        model: Fresh, or the one of a saved state.
        train: Training sentences as ids, whole: `corpus.max_tokens` cuts them here, without end.
        config: The recipe.
        validate: Called `training.validations` times an epoch, the last time at its end.
        labels: Of the training sentences, for a conditional model.
        pretrained: Which weights are those of a trained model.
        targets: Vectors of training sentences by row, for an auxiliary loss that needs them.
    """

    def __init__(
        self,
        model: TextVAE,
        train: Sequence[Sequence[int]],
        config: Config,
        validate: Validate,
        labels: Sequence[int] = (),
        pretrained: PretrainedWeights = UNTRAINED,
        targets: Targets | None = None,
    ) -> None:
        if not train:
            raise ExplorerError("there is no sentence to train on")
        self.model = model
        self.config = config
        self.position = TrainingProgress()
        self.best_weights: dict[str, Tensor] | None = None  # tied ones once
        self._train = train
        self._labels = labels
        self._targets = targets
        self._validate = validate
        self._pretrained = pretrained
        self._penalty = penalty_for(model, config.objective.rate)
        self._schedule = choose(SCHEDULES, config.objective.schedule, "objective.schedule")
        self.position.multiplier = self._schedule(0.0)
        self.position.is_aggressive = config.training.aggressive and model.latent.has_rate
        self._most = config.corpus.max_tokens
        self._lengths = [min(len(row), self._most) for row in train]
        self._by_length = sorted(range(len(train)), key=self._lengths.__getitem__)
        self.optimiser = optimiser_for(model, config.training)

    @property
    def epochs(self) -> int:
        """Epochs in all."""
        return self._pretrain_epochs + self.config.training.epochs

    def follow(self, position: TrainingProgress) -> None:
        """Makes this the second stage of a training that came to this position."""
        step, seconds = position.step, position.seconds
        self.position = dataclasses.replace(
            self.position, epoch=position.epoch, before=position.epoch, step=step, seconds=seconds
        )

    @property
    def _pretrain_epochs(self) -> int:
        if self.position.before is not None:
            return self.position.before
        # Without a latent space there is nothing to pre-train an encoder for.
        return self.config.training.pretrain_epochs if self.model.latent.has_rate else 0

    def beta(self, epoch: float) -> float:
        """The weight of the rate after so many epochs, pre-training included."""
        if not self.model.latent.has_rate or epoch < self._pretrain_epochs:
            return 0.0
        if isinstance(self._schedule, TargetRate):
            return self.position.multiplier
        return self._schedule(epoch - self._pretrain_epochs)

    def learning_rate(self, epoch: float) -> float:
        """The size of a step after so many epochs: flat, then linear towards 0."""
        training = self.config.training
        if training.decay == 0 or epoch < self._pretrain_epochs:
            return training.learning_rate
        left = (self.epochs - epoch) / (training.epochs * training.decay)
        return training.learning_rate * min(1.0, left)

    @property
    def is_finished(self) -> bool:
        """Whether the last epoch is done, or patience ran out."""
        patience = self.config.training.patience
        waited = self.position.epoch - self.position.best_epoch
        is_patient = not patience or not self.position.best_epoch or waited < patience
        return self.position.epoch >= self.epochs or not is_patient

    def run(self, stop: Callable[[], bool] = lambda: False) -> Iterator[Report]:
        """Trains to the end, reporting `REPORTS_PER_EPOCH` times an epoch.

        Args:
            stop: Asked after every step; True ends the run early, in a state to resume from.

        Raises:
            ExplorerError: If the loss is no longer a number.
        """
        position = self.position
        while not self.is_finished and not stop():
            pretraining = position.epoch < self._pretrain_epochs
            self._pretrained.freeze(self.model, position.epoch)
            is_first_epoch = position.epoch == self._pretrain_epochs and position.before is None
            starts_training = is_first_epoch and position.batch == 0
            resets = self.config.training.reset_decoder and not self._pretrained.entries
            if starts_training and position.epoch and resets:
                self.model.reset_decoder()
                self.optimiser = optimiser_for(self.model, self.config.training)
            if starts_training and not self._has_prior:
                self._initialise_prior()
            yield from self._run_epoch(pretraining, stop)

    @property
    def _has_prior(self) -> bool:
        """Whether the prior was taken too, and fits the encodings as they are."""
        parts = ("prior", "encoder", "latent")
        return not self._pretrain_epochs and self._pretrained.holds(self.model, *parts)

    def _initialise_prior(self) -> None:
        """Starts a learned prior among sentences as they are encoded now."""
        count = min(PRIOR_SENTENCES, len(self._train))
        drawn = random.Random(self.config.seed).sample(self._train, count)
        self.model.eval()
        self.model.prior.initialise([row[: self._most] for row in drawn], self.config.seed)
        self.model.train()

    def _run_epoch(self, pretraining: bool, stop: Callable[[], bool]) -> Iterator[Report]:
        position = self.position
        seed = self.config.seed * 1_000_003 + position.epoch
        batches = plan(self._lengths, self.config.training.batch_size, seed)
        told, watched = self._marks(len(batches))
        since = self._since()
        self.model.train()
        while position.batch < len(batches):
            rows = batches[position.batch]
            epoch = position.epoch + position.batch / len(batches)
            beta = self.beta(epoch)
            set_learning_rate(self.optimiser, self.learning_rate(epoch))
            terms = self._step(rows, beta, noise=not pretraining)
            since.add(terms, len(rows), sum(self._lengths[row] + 1 for row in rows))
            if isinstance(self._schedule, TargetRate) and not pretraining:
                rate = terms[1].item() / len(rows)
                position.multiplier = self._schedule.next(position.multiplier, rate)
            position.batch += 1
            position.step += 1
            position.seconds = since.training_seconds
            done = position.batch
            if done in told:
                means = self._means(since)
                at, ends = position.epoch + done / len(batches), done == len(batches)
                if ends:
                    position.epoch, position.batch = position.epoch + 1, 0
                validation = self._look(pretraining, ends) if done in watched else {}
                yield self._report(pretraining, at, beta, means, validation)
                if ends:
                    return
                since = self._since()
            if stop():
                return

    def _marks(self, batches: int) -> tuple[set[int], set[int]]:
        """After which batches of an epoch there is a report, and after which also a look."""
        every = max(1, math.ceil(batches / REPORTS_PER_EPOCH))
        validations = self.config.training.validations
        watched = {math.ceil(batches * (i + 1) / validations) for i in range(validations)}
        return {*range(every, batches, every), *watched, batches}, watched

    def _since(self) -> "_Since":
        """Sums to begin with after a report: none so far, and the time is now."""
        where = self.model.device
        wide = torch.float32 if where.type == "mps" else torch.float64  # which that has not
        return _Since(torch.zeros(3, dtype=wide, device=where), self.position.seconds)

    def _means(self, since: "_Since") -> "_Means":
        """What a report says of the steps since the one before.

        Raises:
            ExplorerError: If the loss is no longer a number.
        """
        distortion, rate, loss = (since.sums / since.sentences).tolist()
        if not math.isfinite(loss):
            raise ExplorerError(
                f"the loss became {loss} at step {self.position.step}: lower "
                "training.learning_rate in config.toml and train again"
            )
        return _Means(distortion, rate, loss, since.tokens / max(since.seconds, 1e-9))

    def _report(
        self,
        pretraining: bool,
        epoch: float,
        beta: float,
        means: "_Means",
        validation: dict[str, float],
    ) -> Report:
        """What was found, and how far training is."""
        seconds, epochs = self.position.seconds, self.epochs
        return Report(
            phase="pretraining" if pretraining else "training",
            step=self.position.step,
            epoch=epoch,
            epochs=epochs,
            seconds=seconds,
            seconds_left=seconds / epoch * (epochs - epoch),
            beta=beta,
            distortion=means.distortion,
            rate=means.rate,
            loss=means.loss,
            tokens_per_second=means.tokens_per_second,
            validation=validation,
        )

    def _step(self, rows: list[int], beta: float, noise: bool) -> Tensor:
        """One optimiser step; the batch's summed distortion, rate and loss, on the device.

        A GPU is given the next step while it does this one: nothing waits for it, but for a
        schedule that follows the rate, aggressive updates, and a bidirectional encoder, whose
        packing asks for the lengths.
        """
        model = self.model
        is_aggressive = self.position.is_aggressive and noise
        if is_aggressive:
            catch_up(model, self.optimiser, self._losses(rows, beta), self.config.training.clip)
        self.optimiser.zero_grad(set_to_none=True)
        loss, totals = self._loss(rows, beta, noise)
        loss.backward()
        self._pretrained.mask_gradients(model, self.position.epoch)
        if is_aggressive:
            keep_gradients(model, of_encoder=False)
        totals = all_reduce_gradients(model.parameters(), totals)
        nn.utils.clip_grad_norm_(model.parameters(), self.config.training.clip)
        with self._pretrained.unchanged(model, self.position.epoch):
            self.optimiser.step()
        return totals

    def _loss(self, rows: list[int], beta: float, noise: bool) -> tuple[Tensor, Tensor]:
        """The mean loss of some sentences, and their summed distortion, rate and loss.

        Of several processes each answers for its share; all of them together add up to these.
        """
        model, shard = self.model, BatchShard.of(len(rows))
        tokens = collate([self._train[row] for row in rows], model.device, self._most)
        labels = [self._labels[row] for row in rows] if self._labels else ()
        bf16 = self.config.training.bf16
        targets = self._targets(rows).to(model.device) if self._targets else None
        terms = elbo.training_terms(
            model, tokens, noise=noise, labels=labels, targets=targets, shard=shard, bf16=bf16
        )
        loss = terms.distortion + terms.auxiliary
        if beta:
            loss = loss + beta * self._penalty(terms.rate)[shard.rows]
        sums = torch.stack([terms.distortion.sum(), terms.rate[shard.rows].sum(), loss.sum()])
        return shard.weight * loss.sum() / len(rows), shard.weight * sums.detach()

    def _losses(self, rows: list[int], beta: float) -> Iterator[tuple[Tensor, int, int]]:
        """The mean loss of this batch and then of others, drawn by the step, each of like length.

        With it the batch's sentences and words, ends counted.
        """
        chance = random.Random(self.config.seed * 1_000_003 + self.position.step)
        while True:
            words = sum(self._lengths[row] + 1 for row in rows)
            yield self._loss(rows, beta, noise=True)[0], len(rows), words
            size = self.config.training.batch_size
            start = chance.randrange(max(1, len(self._by_length) - size + 1))
            rows = self._by_length[start : start + size]

    def _look(self, pretraining: bool, ends: bool) -> dict[str, float]:
        """Validates; at an epoch's end keeps the weights if they are the best at the last beta.

        Where beta follows the rate there is no last beta to compare by: the last weights stay.
        """
        self.model.eval()
        validation = self._validate(self.model, not pretraining)
        self.model.train()
        if self.position.is_aggressive and not pretraining and ends:
            information = validation.get("mutual_information", 0.0)
            # He et al. (2019): as soon as it no longer grows, updates become ordinary.
            self.position.is_aggressive = information > self.position.information
            self.position.information = max(information, self.position.information)
        if pretraining or not ends or isinstance(self._schedule, TargetRate):
            return validation
        final = self.beta(self.epochs)
        score = validation["distortion"] + final * validation.get("charge", validation["rate"])
        if score < self.position.best:
            self.position.best, self.position.best_epoch = score, self.position.epoch
            own = unique(self.model.state_dict())
            self.best_weights = {name: tensor.detach().clone() for name, tensor in own.items()}
        return validation
