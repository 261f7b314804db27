"""The training loop: a generator of reports that can be stopped and resumed at any step."""

import dataclasses
import math
import random
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from explorer.config import Config
from explorer.errors import ExplorerError
from explorer.models import elbo
from explorer.models.batch_shard import BatchShard, all_reduce_gradients
from explorer.models.padding import collate
from explorer.models.rate_penalties import penalty_for
from explorer.models.semi_amortised import check_steps
from explorer.models.vae import TextVAE
from explorer.registry import choose
from explorer.runs import weights
from explorer.text.batching import plan
from explorer.training.aggressive_encoder import keep_gradients, train_encoder
from explorer.training.best_weights import BestWeights
from explorer.training.optimisers import optimiser_for, set_learning_rate
from explorer.training.prior_fitting import initial_sentences
from explorer.training.progress import Report, ReportWindow, Session, TrainingProgress
from explorer.training.schedules import SCHEDULES, TargetRate
from explorer.training.warm_start import UNTRAINED, PretrainedWeights

Validate = Callable[[TextVAE, bool], dict[str, float]]
"""Measures a model on held-out sentences, with or without posterior noise. The result has at least
`distortion` and `rate`, and `charge`, the rate penalty, where it is not the rate."""

Targets = Callable[[Sequence[int]], Tensor]
"""The vectors (rows, dimensions) of training sentences, given their rows."""

REPORTS_PER_EPOCH = 20


class Trainer:
    """Trains one model on one corpus.

    Args:
        model: A new one, or that of a saved state.
        train: Training sentences as ids, uncut; here they are cut to `corpus.max_tokens`.
        config: The recipe.
        validate: Called `training.validations` times an epoch, the last time at its end.
        labels: Of the training sentences, for a conditional model.
        pretrained: The weights that come from a trained model.
        targets: Vectors of training sentences, for an auxiliary loss that needs them.

    Raises:
        ExplorerError: Without training sentences, or for an invalid setting.
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
            raise ExplorerError("there are no sentences to train on")
        self.model = model
        self.config = config
        self.best = BestWeights()
        self._train = train
        self._labels = labels
        self._targets = targets
        self._validate = validate
        self._pretrained = pretrained
        elbo.check_draws(model, config.objective)
        check_steps(model, config.objective)
        self._penalty = penalty_for(model, config.objective.rate)
        self._schedule = choose(SCHEDULES, config.objective.schedule, "objective.schedule")
        self.progress = TrainingProgress(
            multiplier=self._schedule(0.0),
            is_aggressive=config.training.aggressive and model.latent.has_rate,
        )
        self._session: Session | None = None
        self._max_tokens = config.corpus.max_tokens
        self._lengths = [min(len(row), self._max_tokens) for row in train]
        self._ends = 1 if model.decoder.has_order else 0
        self._by_length = sorted(range(len(train)), key=self._lengths.__getitem__)
        self.optimiser = optimiser_for(model, config.training)

    @property
    def epochs(self) -> int:
        """Epochs in total."""
        return self._pretrain_epochs + self.config.training.epochs

    def follow(self, previous: TrainingProgress) -> None:
        """Makes this the stage after one that reached `previous`."""
        self.progress = dataclasses.replace(
            self.progress,
            epoch=previous.epoch,
            previous_epochs=previous.epoch,
            step=previous.step,
            seconds=previous.seconds,
        )

    @property
    def _pretrain_epochs(self) -> int:
        if self.progress.previous_epochs is not None:
            return self.progress.previous_epochs
        # Without a latent space there is no encoder to pre-train.
        return self.config.training.pretrain_epochs if self.model.latent.has_rate else 0

    def beta(self, epoch: float) -> float:
        """The weight of the rate penalty after this many epochs, pre-training included."""
        if not self.model.latent.has_rate or epoch < self._pretrain_epochs:
            return 0.0
        if isinstance(self._schedule, TargetRate):
            return self.progress.multiplier
        return self._schedule(epoch - self._pretrain_epochs)

    def learning_rate(self, epoch: float) -> float:
        """The learning rate after this many epochs: constant, then linear to 0."""
        training = self.config.training
        if training.decay == 0 or epoch < self._pretrain_epochs:
            return training.learning_rate
        left = (self.epochs - epoch) / (training.epochs * training.decay)
        return training.learning_rate * min(1.0, left)

    @property
    def is_finished(self) -> bool:
        """Whether all epochs are done, or patience has run out."""
        patience = self.config.training.patience
        waited = self.progress.epoch - self.best.epoch
        is_patient = not patience or not self.best.epoch or waited < patience
        return self.progress.epoch >= self.epochs or not is_patient

    def run(self, should_stop: Callable[[], bool] = lambda: False) -> Iterator[Report]:
        """Trains to the end, with at least `REPORTS_PER_EPOCH` reports per epoch.

        Args:
            should_stop: Called after every step; True ends the run in a state to resume from.

        Raises:
            ExplorerError: If the loss, or the best weights in half precision, are not finite.
        """
        while not self.is_finished and not should_stop():
            self._pretrained.freeze(self.model, self.progress.epoch)
            if self._is_at_start:
                self._start_training()
            yield from self._run_epoch(should_stop)

    @property
    def _is_at_start(self) -> bool:
        """Whether pre-training is over and no step of training is done."""
        progress = self.progress
        is_first_epoch = progress.epoch == self._pretrain_epochs and progress.batch == 0
        return is_first_epoch and progress.previous_epochs is None

    def _start_training(self) -> None:
        resets = self.config.training.reset_decoder and not self._pretrained.entries
        if self.progress.epoch and resets:
            self.model.reset_decoder()
            self.optimiser = optimiser_for(self.model, self.config.training)
        if not self._has_prior:
            self._initialise_prior()

    @property
    def _has_prior(self) -> bool:
        """Whether the prior is pretrained with the encoder, and fits its encodings."""
        parts = ("prior", "encoder", "latent")
        return not self._pretrain_epochs and self._pretrained.holds(self.model, *parts)

    def _initialise_prior(self) -> None:
        """Initialises a learned prior at the encodings of random training sentences."""
        drawn = initial_sentences(self._train, self.config.seed)
        self.model.eval()
        self.model.prior.initialise([row[: self._max_tokens] for row in drawn], self.config.seed)
        self.model.train()

    def _run_epoch(self, should_stop: Callable[[], bool]) -> Iterator[Report]:
        progress = self.progress
        is_pretraining = progress.epoch < self._pretrain_epochs
        seed = self.config.seed * 1_000_003 + progress.epoch
        # Without order there is no padding to compute, and batches are better mixed.
        lengths = self._lengths if self.model.decoder.has_order else [0] * len(self._lengths)
        batches = plan(lengths, self.config.training.batch_size, seed)
        reports, validations = self._report_batches(len(batches))
        if self._session is None:
            done = progress.epoch + progress.batch / len(batches)
            self._session = Session(done, progress.seconds)
        window = ReportWindow(self.model.device, progress.seconds)
        self.model.train()
        while progress.batch < len(batches):
            rows = batches[progress.batch]
            beta = self._train_batch(rows, progress.epoch + progress.batch / len(batches), window)
            progress.batch += 1
            progress.step += 1
            progress.seconds = window.training_seconds
            batch = progress.batch
            if batch in reports:
                means = self._means(window)
                epoch, is_last = progress.epoch + batch / len(batches), batch == len(batches)
                if is_last:
                    progress.epoch, progress.batch = progress.epoch + 1, 0
                validation = (
                    self._validation(is_pretraining, is_last) if batch in validations else {}
                )
                yield self._report(is_pretraining, epoch, beta, means, window, validation)
                if is_last:
                    return
                window = ReportWindow(self.model.device, progress.seconds)
            if should_stop():
                return

    def _report_batches(self, batches: int) -> tuple[set[int], set[int]]:
        """The batches of an epoch after which there is a report, and those with a validation."""
        every = max(1, math.ceil(batches / REPORTS_PER_EPOCH))
        count = self.config.training.validations
        validations = {math.ceil(batches * (i + 1) / count) for i in range(count)}
        return {*range(every, batches, every), *validations, batches}, validations

    def _means(self, window: ReportWindow) -> tuple[float, float, float]:
        distortion, rate, loss = window.means()
        if not math.isfinite(loss):
            raise ExplorerError(f"the loss is {loss} at step {self.progress.step}: {self._advice}")
        return distortion, rate, loss

    def validate_start(self) -> dict[str, float]:
        """Measures the model before its first step."""
        self.model.eval()
        result = self._validate(self.model, True)
        self.model.train()
        return result

    def check_weights(self, model: TextVAE) -> None:
        """Checks that a finished run can store these weights.

        Raises:
            ExplorerError: If one is not finite in half precision: the training diverged.
        """
        advice = f"the training diverged by step {self.progress.step}; {self._advice}"
        weights.check_storable(model.state_dict(), advice)

    @property
    def _advice(self) -> str:
        rate = self.config.training.learning_rate
        return (
            f"lower training.learning_rate ({rate:g}) in config.toml and train again with "
            "--restart"
        )

    def _report(
        self,
        is_pretraining: bool,
        epoch: float,
        beta: float,
        means: tuple[float, float, float],
        window: ReportWindow,
        validation: dict[str, float],
    ) -> Report:
        assert self._session is not None
        distortion, rate, loss = means
        seconds, epochs = self.progress.seconds, self.epochs
        return Report(
            phase="pretraining" if is_pretraining else "training",
            step=self.progress.step,
            epoch=epoch,
            epochs=epochs,
            seconds=seconds,
            seconds_left=self._session.seconds_left(epoch, epochs, seconds),
            beta=beta,
            distortion=distortion,
            rate=rate,
            loss=loss,
            tokens_per_second=window.tokens_per_second,
            validation=validation,
        )

    def _train_batch(self, rows: list[int], epoch: float, window: ReportWindow) -> float:
        """One step on a batch; the beta it used."""
        beta, noise = self.beta(epoch), epoch >= self._pretrain_epochs
        set_learning_rate(self.optimiser, self.learning_rate(epoch))
        terms = self._step(rows, beta, noise)
        window.add(terms, len(rows), self._num_tokens(rows))
        if isinstance(self._schedule, TargetRate) and noise:
            rate = terms[1].item() / len(rows)
            self.progress.multiplier = self._schedule.next(self.progress.multiplier, rate)
        return beta

    def _num_tokens(self, rows: Sequence[int]) -> int:
        """Predicted tokens of some sentences, ends included."""
        return sum(self._lengths[row] + self._ends for row in rows)

    def _step(self, rows: list[int], beta: float, noise: bool) -> Tensor:
        """One optimiser step; the batch's summed distortion, rate and loss, on the device.

        Steps queue up on a GPU without waiting for it, except with a schedule that follows the
        rate, aggressive updates, or a bidirectional encoder, whose packing reads the lengths.
        """
        model, clip = self.model, self.config.training.clip
        is_aggressive = self.progress.is_aggressive and noise
        if is_aggressive:
            train_encoder(model, self.optimiser, self._losses(rows, beta), clip)
        self.optimiser.zero_grad(set_to_none=True)
        loss, totals = self._loss(rows, beta, noise)
        loss.backward()
        self._pretrained.mask_gradients(model, self.progress.epoch)
        if is_aggressive:
            keep_gradients(model, of_encoder=False)
        totals = all_reduce_gradients(model.parameters(), totals)
        nn.utils.clip_grad_norm_(model.parameters(), clip)
        with self._pretrained.unchanged(model, self.progress.epoch):
            self.optimiser.step()
        return totals

    def _loss(self, rows: list[int], beta: float, noise: bool) -> tuple[Tensor, Tensor]:
        """The mean loss of some sentences, and their summed distortion, rate and loss.

        Each of several processes returns the part of its rows; the parts sum to the whole.
        """
        model, shard = self.model, BatchShard.of(len(rows))
        tokens = collate([self._train[row] for row in rows], model.device, self._max_tokens)
        labels = [self._labels[row] for row in rows] if self._labels else ()
        targets = self._targets(rows).to(model.device) if self._targets else None
        terms = elbo.training_terms(
            model,
            tokens,
            noise=noise,
            draws=self.config.objective.draws,
            refine_steps=self.config.objective.refine_steps,
            beta=beta,
            labels=labels,
            targets=targets,
            shard=shard,
            bf16=self.config.training.bf16,
        )
        loss = terms.distortion + terms.auxiliary
        if beta:
            loss = loss + beta * self._penalty(terms.rate)[shard.rows]
        if self.config.objective.per_word:
            words = [max(1, self._lengths[row] + self._ends) for row in rows]
            loss = loss / torch.tensor(words, device=loss.device)[shard.rows]
        sums = torch.stack([terms.distortion.sum(), terms.rate[shard.rows].sum(), loss.sum()])
        return shard.weight * loss.sum() / len(rows), shard.weight * sums.detach()

    def _losses(self, rows: list[int], beta: float) -> Iterator[tuple[Tensor, int, int]]:
        """The mean loss of this batch, then of random others of similar lengths, without end.

        Each with the number of its sentences and of its predicted tokens.
        """
        generator = random.Random(self.config.seed * 1_000_003 + self.progress.step)
        while True:
            yield self._loss(rows, beta, noise=True)[0], len(rows), self._num_tokens(rows)
            size = self.config.training.batch_size
            start = generator.randrange(max(1, len(self._by_length) - size + 1))
            rows = self._by_length[start : start + size]

    def _validation(self, is_pretraining: bool, is_epoch_end: bool) -> dict[str, float]:
        """Validates; at the end of an epoch also updates the best weights, at the final beta.

        Where beta follows the rate there is no final beta to compare at: the last weights count.
        """
        self.model.eval()
        validation = self._validate(self.model, not is_pretraining)
        self.model.train()
        if is_pretraining or not is_epoch_end:
            return validation
        if self.progress.is_aggressive:
            information = validation.get("mutual_information", 0.0)
            # He et al. (2019): aggressive updates end as soon as it no longer grows.
            self.progress.is_aggressive = information > self.progress.max_information
            self.progress.max_information = max(information, self.progress.max_information)
        if not isinstance(self._schedule, TargetRate):
            penalty = validation.get("charge", validation["rate"])
            loss = validation["distortion"] + self.beta(self.epochs) * penalty
            if loss < self.best.loss:
                self.check_weights(self.model)  # now rather than after the remaining epochs
            self.best.update(self.model, loss, self.progress.epoch)
        return validation
