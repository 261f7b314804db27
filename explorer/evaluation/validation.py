"""Quick metrics of a model in training, on held-out sentences."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from explorer.evaluation.latent_use import active_units, mutual_information
from explorer.models import batch_inference, elbo
from explorer.models.random_streams import generator, others, sample
from explorer.models.rate_penalties import RatePenalty
from explorer.models.vae import TextVAE

SENTENCES = 1000


class Validation:
    """Measures a model on some sentences, with the same noise every time.

    Args:
        ids: The sentences.
        penalty: What the loss charges for a rate.
        seed: Of the noise.
        labels: Of the sentences, for a conditional model.
        targets: Their vectors, for a model trained with a teacher.
    """

    def __init__(
        self,
        ids: Sequence[Sequence[int]],
        penalty: RatePenalty,
        seed: int,
        labels: Sequence[int] = (),
        targets: Float[Tensor, "n target"] | None = None,
    ) -> None:
        self._ids = ids
        self._targets = targets
        self._labels = labels
        self._penalty = penalty
        self._seed = seed

    @torch.inference_mode()
    def __call__(self, model: TextVAE, noise: bool) -> dict[str, float]:
        """Nats per sentence; the model is in `eval` mode.

        Args:
            model: The one that trains.
            noise: Whether z is drawn; else it is the posterior's mean.
        """
        if not self._ids:
            return {"distortion": math.nan, "rate": math.nan, "charge": math.nan}
        posterior = batch_inference.posterior(model, self._ids)
        drawn = sample(posterior, 1, generator(self._seed, "validation"))[0]
        z = drawn if noise else posterior.mean
        distortion = batch_inference.distortions(model, z, self._ids, labels=self._labels)
        rates = elbo.rate(model, posterior, drawn)
        values = {
            "distortion": distortion.mean().item(),
            "rate": rates.sum(1).cpu().double().mean().item(),
            "charge": self._penalty(rates).cpu().double().mean().item(),
        }
        if self._targets is not None:
            cosine = model.auxiliary.cosine(posterior.mean, self._targets.to(model.device))
            if cosine is not None:
                values["teacher_cosine"] = cosine.mean().item()
        if model.encoder is not None and len(self._ids) > 1:
            values["shuffled_z_gap"] = self._gap(model, z, distortion)
            if model.latent.has_units:
                values["active_units"] = float(active_units(posterior.mean))
            if model.latent.has_rate:
                values["mutual_information"] = mutual_information(posterior, drawn).low
        return values

    def _gap(
        self, model: TextVAE, z: Float[Tensor, "n latent"], distortion: Float[Tensor, " n"]
    ) -> float:
        other = others(len(z), generator(self._seed, "validation shuffle"))
        shuffled = batch_inference.distortions(model, z[other], self._ids, labels=self._labels)
        return (shuffled - distortion).mean().item()
