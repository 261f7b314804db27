"""Why a VAE has an encoder: samples of the prior hardly ever explain a given sentence."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.errors import ExplorerError
from explorer.experiments.experiment import (
    Chart,
    Experiment,
    Figure,
    Link,
    Outcome,
    Series,
    Table,
    Watch,
    setting,
)
from explorer.experiments.sentences import SPECIFIC
from explorer.explore.run import Run, open_run

if TYPE_CHECKING:
    from torch import Tensor

PRIOR, POSTERIOR = "prior", "posterior"
_CHUNK = 256
"""Draws scored at once."""


@dataclass(frozen=True)
class Settings:
    """What may be changed."""

    run: str = setting("captions-smooth", "a run with a Gaussian latent space")
    sentences: int = setting(8, "captions of unusual scenes", 1, len(SPECIFIC))
    draws: int = setting(1024, "largest number of samples of z, K", 16, 16384)


@dataclass(frozen=True)
class Weights:
    """Log importance weights log p(x, z_k) − log q(z_k) of each sentence, shape (K, sentences)."""

    source: str
    """What z is drawn from: the prior, where they are log p(x|z_k), or each posterior."""
    log_weights: "Tensor"

    def nats(self, draws: int) -> float:
        """−log p(x) estimated from K draws: mean over sentences and disjoint groups of draws."""
        from explorer.evaluation.likelihood import importance_nll

        groups = self.log_weights[: len(self.log_weights) // draws * draws].split(draws)
        return float(sum(importance_nll(group).mean() for group in groups) / len(groups))

    @property
    def ess(self) -> float:
        """Effective sample size of all draws, mean over sentences."""
        from explorer.evaluation.likelihood import effective_sample_size

        return float(effective_sample_size(self.log_weights).mean())


def weights(
    run: Run, texts: Sequence[str], draws: int, seed: int, source: str
) -> Iterator[tuple[float, Weights]]:
    """Importance weights of sentences, with the fraction that is done; the last are all.

    Args:
        run: A VAE.
        texts: Sentences.
        draws: K.
        seed: Of the draws.
        source: `PRIOR` or `POSTERIOR`.

    Source:
        Burda, Grosse, Salakhutdinov (2016), Importance Weighted Autoencoders, equation 8.
    """
    import torch

    from explorer.models import elbo
    from explorer.models.padding import collate
    from explorer.models.random_streams import generator, sample

    model, tokens = run.model, collate(run.ids(texts), run.model.device)
    with torch.inference_mode():
        posterior, prior = model.posterior(tokens), model.prior()
        if source == PRIOR:  # each sentence is asked about the same draws
            drawn = sample(prior, draws, generator(seed, source))
            z = drawn[:, None].expand(-1, len(texts), -1)
        else:
            z = sample(posterior, draws, generator(seed, source))
        parts: list[Tensor] = []
        for part in z.split(_CHUNK):
            if source == PRIOR:
                parts.append(model.decoder.score_samples(model.condition(part), tokens))
            else:
                parts.append(elbo.log_weights(model, posterior, part, tokens))
            known = torch.cat(parts).double()
            yield len(known) / draws, Weights(source, known)


def run(settings: Settings, seed: int, watch: Watch) -> Outcome:
    """Estimates log p(x) of captions from draws of the prior, and of each one's posterior."""
    explored = open_run(settings.run)
    if not explored.model.latent.has_rate:
        raise ExplorerError(f"run={settings.run!r} has no posterior with a density: choose a VAE")
    texts = SPECIFIC[: settings.sentences]
    known: dict[str, Weights] = {}
    for number, source in enumerate((PRIOR, POSTERIOR)):
        for done, so_far in weights(explored, texts, settings.draws, seed, source):
            known[source] = so_far
            watch((number + done) / 2, f"decoding samples of the {source}", [_chart(known)])
    return _outcome(settings, known)


def _outcome(settings: Settings, known: dict[str, Weights]) -> Outcome:
    prior, posterior = known[PRIOR], known[POSTERIOR]
    counts = _counts(settings.draws)
    is_better = all(posterior.nats(count) < prior.nats(count) for count in counts)
    more = posterior.ess > prior.ess
    first, last = (prior.nats(count) for count in (1, counts[-1]))
    seen = (
        f"With one prior sample a caption costs {first:.1f} nats, with {counts[-1]:,} samples "
        f"{last:.1f}, with an effective sample size of {prior.ess:.1f}. One posterior sample "
        f"gives {posterior.nats(1):.1f}, {counts[-1]:,} give {posterior.nats(counts[-1]):.1f} "
        f"(effective sample size {posterior.ess:.1f}). "
    )
    if is_better and more:
        seen += "Samples from the encoder are better at every K."
    else:
        seen += "At some K the prior's draws are as good: z says little about these sentences."
    table = Table(
        "−log p(x), nats per caption",
        {
            "K": counts,
            PRIOR: [round(prior.nats(count), 1) for count in counts],
            POSTERIOR: [round(posterior.nats(count), 1) for count in counts],
        },
    )
    return Outcome(
        seen,
        is_better and more,
        [
            Figure("−log p, prior, 1 draw", first, "nats"),
            Figure("−log p, prior, all draws", last, "nats"),
            Figure("−log p, posterior, 1 draw", posterior.nats(1), "nats"),
            Figure("−log p, posterior, all draws", posterior.nats(counts[-1]), "nats"),
            Figure("effective draws, prior", prior.ess),
            Figure("effective draws, posterior", posterior.ess),
        ],
        [_chart(known)],
        [table],
        [Link("Samples of the prior among the encodings", "prior", {"run": settings.run})],
    )


def _counts(draws: int) -> list[int]:
    """Powers of four up to K, and K."""
    powers = [4**power for power in range(math.ceil(math.log(draws, 4)))]
    return [*powers, draws]


def _chart(known: dict[str, Weights]) -> Chart:
    series = [
        Series(
            source,
            counts := _counts(len(item.log_weights)),
            [item.nats(count) for count in counts],
        )
        for source, item in known.items()
    ]
    return Chart("Estimated −log p(x)", "samples of z (K)", "nats per caption", series, log_x=True)


EXPERIMENT = Experiment(
    title="Samples of the prior do not explain a sentence",
    claim="p(x) = ∫ p(x|z) p(z) dz could be estimated with samples of the prior, but almost none "
    "of them gives x a non-negligible probability. Hence the encoder q(z|x).",
    trains="Nothing: captions-smooth decodes 1,024 draws of the prior, and of each caption's "
    "posterior, for eight captions of unusual scenes.",
    seconds=30,
    seed=1,
    expected="The posterior's estimate is lower at every number of draws; a single draw of it "
    "beats 1,024 of the prior, of which only a handful count.",
    run=run,
    settings=Settings,
    change="A collapsed run (run=captions-collapsed) needs no encoder: samples of its prior do "
    "as well. captions-faithful needs it most.",
    sketch=((1.0, 0.75, 0.6, 0.5, 0.42, 0.36, 0.32), (0.3, 0.27, 0.25, 0.24, 0.23, 0.22, 0.22)),
    code="""\
from explorer import open_run
from explorer.experiments.prior_samples import weights
from explorer.experiments.sentences import SPECIFIC

run = open_run("captions-smooth")
for source in ("prior", "posterior"):
    *_, (_, all_draws) = weights(run, SPECIFIC[:8], 1024, seed=0, source=source)
    for count in (1, 32, 1024):
        print(source, count, round(all_draws.nats(count), 1), "nats")
    print("effective draws", round(all_draws.ess, 1))
""",
)
