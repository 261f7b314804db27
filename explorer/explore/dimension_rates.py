"""The rate of each latent dimension over the sentences of a map."""

import torch
from torch.distributions import Independent, Normal

from explorer.explore.run import Run
from explorer.models.batch_inference import has_gaussian_posterior
from explorer.system.cache import Cache

_rates: Cache[list[float]] = Cache(16)


def rates_by_dimension(run: Run) -> list[float]:
    """Mean closed-form KL(q(z|x) ‖ p(z)) by dimension, in nats; empty where there is none."""
    atlas, model = run.atlas, run.model
    if atlas is None or model.num_rate_terms is None or not has_gaussian_posterior(model):
        return []

    def measure() -> list[float]:
        posterior = Independent(Normal(torch.tensor(atlas.mean), torch.tensor(atlas.scale)), 1)
        with torch.inference_mode():
            rates = model.latent.rate(posterior, model.prior(), posterior.mean)
        return rates.double().mean(0).tolist()

    return _rates.get(run, measure)
