"""The Gaussian fitted to a map's sentences has the moments of their posteriors."""

import numpy as np
import pytest

from explorer.explore.fitted_gaussian import FittedGaussian, before_and_after
from explorer.explore.run import open_run


def test_it_has_the_mean_and_covariance_of_the_mixture_of_posteriors() -> None:
    random = np.random.default_rng(0)
    mean = random.normal(size=(400, 3)) @ np.array([[1.0, 0.5, 0.0], [0.0, 2.0, 0.0], [0, 0, 0.1]])
    scale = random.uniform(0.2, 0.6, size=(400, 3))
    fitted = FittedGaussian.of(mean.astype(np.float32), scale.astype(np.float32))
    drawn = (mean + random.standard_normal((500, 400, 3)) * scale).reshape(-1, 3)
    samples = fitted.transform(random.standard_normal((200_000, 3)))
    assert samples.mean(axis=0) == pytest.approx(drawn.mean(axis=0), abs=0.03)
    assert np.cov(samples.T) == pytest.approx(np.cov(drawn.T), rel=0.05, abs=0.03)


def test_dimensions_that_never_vary_are_no_error() -> None:
    fitted = FittedGaussian.of(np.ones((5, 2), np.float32), np.zeros((5, 2), np.float32))
    assert fitted.transform(np.ones((3, 2))) == pytest.approx(np.ones((3, 2)), abs=1e-3)


def test_before_and_after_share_their_noise(tiny_run) -> None:
    run = open_run(tiny_run)
    before, after = before_and_after(run, 4, seed=3)
    fitted = FittedGaussian.of(run.needed_atlas.mean, run.needed_atlas.scale)
    assert after == pytest.approx(fitted.transform(before), abs=1e-6)
    assert np.array_equal(before, before_and_after(run, 4, seed=3)[0])
    assert not np.array_equal(before, before_and_after(run, 4, seed=4)[0])
