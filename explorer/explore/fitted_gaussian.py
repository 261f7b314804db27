"""A Gaussian with full covariance fitted to the sentences of a map, in place of the prior."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from explorer.explore.run import Run


@dataclass(frozen=True, eq=False)
class FittedGaussian:
    """The Gaussian with the mean and covariance of the aggregate posterior."""

    mean: Float[np.ndarray, " d"]
    factor: Float[np.ndarray, "d d"]
    """Cholesky factor of the covariance."""

    @classmethod
    def of(
        cls, mean: Float32[np.ndarray, "n d"], scale: Float32[np.ndarray, "n d"]
    ) -> "FittedGaussian":
        """Matches the moments of the mixture of all posteriors.

        Args:
            mean: Posterior means of sentences.
            scale: Posterior standard deviations.
        """
        means = mean.astype(np.float64)
        covariance = np.cov(means, rowvar=False, bias=True).reshape(means.shape[1], -1)
        covariance += np.diag(np.square(scale, dtype=np.float64).mean(axis=0))
        # A dimension without any variance still has a Cholesky factor.
        covariance += 1e-9 * np.eye(len(covariance))
        return cls(means.mean(axis=0), np.linalg.cholesky(covariance))

    def transform(self, noise: Float[np.ndarray, "m d"]) -> Float32[np.ndarray, "m d"]:
        """Samples from standard normal noise."""
        return (self.mean + noise @ self.factor.T).astype(np.float32)


def before_and_after(run: Run, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Samples of the run's prior, and of the Gaussian fitted to its map, with the same seed.

    Where the prior is N(0, I) both are made of the same noise.

    Returns:
        Two arrays of shape (count, d).
    """
    from explorer.evaluation.prior_diagnostics import is_standard_normal

    atlas = run.needed_atlas
    before = run.prior_samples(count, seed)
    standard = is_standard_normal(run.model.prior())
    noise = before if standard else np.random.default_rng(seed).standard_normal(before.shape)
    return before, FittedGaussian.of(atlas.mean, atlas.scale).transform(noise)
