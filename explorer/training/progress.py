"""How far a training is: its state between two steps, its reports, and the time it still needs."""

import dataclasses
import math
import time
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """Averages since the previous report; distortion, rate and loss in nats per sentence."""

    phase: str  # "pretraining" or "training"
    step: int  # optimiser steps, pre-training included
    epoch: float  # epochs done, pre-training included
    epochs: int  # in total
    seconds: float  # of training, over all sessions
    seconds_left: float  # at the speed of this session
    beta: float
    distortion: float
    rate: float
    loss: float
    tokens_per_second: float  # predicted tokens
    validation: dict[str, float] = dataclasses.field(default_factory=dict)  # empty without one


@dataclass(slots=True)
class TrainingProgress:
    """The state between two steps; weights, optimiser and random states complete it."""

    epoch: int = 0  # complete epochs, pre-training included
    batch: int = 0  # batches done in this epoch
    step: int = 0
    seconds: float = 0.0
    multiplier: float = 0.0  # beta of a schedule that follows the rate
    is_aggressive: bool = False  # whether the encoder is trained before every step
    max_information: float = -math.inf  # highest mutual information of a validation, nats
    previous_epochs: int | None = None  # of the previous stage, if there was one


@dataclass(frozen=True, slots=True)
class Session:
    """The part of a training since it was started or last resumed."""

    epoch: float  # at its start
    seconds: float  # of training before it

    def seconds_left(self, epoch: float, epochs: int, seconds: float) -> float:
        """The seconds the remaining epochs take at the speed of this session.

        Args:
            epoch: Epochs done, more than at the start of the session.
            epochs: In total.
            seconds: Of training, over all sessions.
        """
        return (seconds - self.seconds) / (epoch - self.epoch) * (epochs - epoch)


@dataclass(slots=True)
class ReportWindow:
    """The steps since the last report."""

    device: dataclasses.InitVar[torch.device]
    seconds_before: float  # of training
    sums: Tensor = dataclasses.field(init=False)  # distortion, rate and loss of all sentences
    sentences: int = 0
    tokens: int = 0  # predicted ones
    seconds: float = 0.0
    _start: float = dataclasses.field(default_factory=time.perf_counter)

    def __post_init__(self, device: torch.device) -> None:
        dtype = torch.float32 if device.type == "mps" else torch.float64  # mps has no float64
        self.sums = torch.zeros(3, dtype=dtype, device=device)

    def add(self, terms: Tensor, sentences: int, tokens: int) -> None:
        """Adds the step that has just ended."""
        self.sums += terms.to(self.sums.dtype)
        self.sentences += sentences
        self.tokens += tokens
        self.seconds = time.perf_counter() - self._start

    @property
    def training_seconds(self) -> float:
        """Seconds of training, over all sessions."""
        return self.seconds_before + self.seconds

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / max(self.seconds, 1e-9)

    def means(self) -> tuple[float, float, float]:
        """Distortion, rate and loss, nats per sentence; waits for the device."""
        distortion, rate, loss = (self.sums / self.sentences).tolist()
        return distortion, rate, loss
