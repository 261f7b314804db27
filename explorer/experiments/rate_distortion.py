"""The weight of the KL term moves a model along the rate–distortion curve."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from explorer.evaluation.verdict import value_of
from explorer.experiments.experiment import (
    POINTS,
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
from explorer.explore import thought_experiment as toy
from explorer.explore.run import open_run
from explorer.explore.thought_experiment import ENTROPY, Decoder, Variant

_SHIPPED = (
    *("captions-collapsed", "captions-cyclical", "captions-linear", "captions-floor"),
    *("captions-smooth", "captions-faithful"),
)
"""Of increasing rate. The middle four have another objective; all have one corpus."""
_BETAS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
_SLACK = 0.05
"""Nats by which a rate may rise with β: noise of a training."""


@dataclass(frozen=True)
class Settings:
    """What may be changed."""

    reads: bool = setting(False, "whether the toy decoder reads the previous words")
    epochs: int = setting(8, "epochs of each toy model", 1, 40)


def run(settings: Settings, seed: int, watch: Watch) -> Outcome:
    """Rate and distortion of shipped runs, and of the toy decoder trained with six weights β."""
    shipped = {name: _recorded(name) for name in _SHIPPED}
    trained: dict[float, tuple[float, float]] = {}
    without = toy.train(Decoder(settings.reads, latent=False), seed)
    decoder = Decoder(settings.reads, latent=True)
    for number, beta in enumerate(_BETAS):

        def report(fraction: float, number: int = number, beta: float = beta) -> None:
            done = (number + fraction) / len(_BETAS)
            watch(done, f"training the toy with β = {beta:g}", _charts(shipped, trained, decoder))

        variant = Variant(epochs=settings.epochs, beta=beta)
        outcome = toy.train(decoder, seed, report, start=without, variant=variant)
        trained[beta] = (outcome.rate, outcome.distortion)
    return _outcome(shipped, trained, decoder)


def _recorded(name: str) -> tuple[float, float]:
    metrics = open_run(name).metrics
    rate, distortion = (value_of(metrics, key) for key in ("rate", "distortion"))
    return rate or 0.0, distortion or 0.0


def _outcome(
    shipped: Mapping[str, tuple[float, float]],
    trained: Mapping[float, tuple[float, float]],
    decoder: Decoder,
) -> Outcome:
    runs = sorted(shipped.values())
    falls = all(one[1] > other[1] for one, other in itertools.pairwise(runs))
    rates = [rate for rate, _ in trained.values()]
    rise = max(other - one for one, other in itertools.pairwise(rates))
    worth = 1 if decoder.reads else toy.toy.LENGTH
    used = [beta for beta, (rate, _) in trained.items() if rate > ENTROPY / 2]
    last = f"β = {max(used):g}" if used else "no β"
    seen = (
        f"Along the shipped runs the distortion {'falls' if falls else 'does not always fall'} "
        f"as the rate rises: from {runs[0][1]:.1f} nats at a rate of {runs[0][0]:.1f} to "
        f"{runs[-1][1]:.1f} at {runs[-1][0]:.1f}. In the toy model the rate falls from "
        f"{rates[0]:.2f} to {rates[-1]:.2f} nats as β rises; z is used up to {last}. A nat of "
        f"rate saves {worth} there, so it pays off for β below {worth}."
    )
    names = list(shipped)
    return Outcome(
        seen,
        falls and rise < _SLACK and rates[-1] < rates[0],
        [
            Figure("rate, lowest β", rates[0], "nats"),
            Figure("rate, highest β", rates[-1], "nats"),
            Figure("largest rise of the rate with β", max(rise, 0.0), "nats"),
        ],
        _charts(shipped, trained, decoder),
        [
            Table(
                "Shipped runs on captions",
                {
                    "run": names,
                    "rate": [round(shipped[name][0], 2) for name in names],
                    "distortion": [round(shipped[name][1], 2) for name in names],
                },
            ),
            Table(
                "Toy model",
                {
                    "β": list(trained),
                    "rate": [round(rate, 2) for rate in rates],
                    "distortion": [round(nats, 2) for _, nats in trained.values()],
                },
            ),
        ],
        [
            Link(
                "The rate–distortion plane of these runs",
                "compare",
                {"runs": ",".join(names[-4:])},
            )
        ],
    )


def _charts(
    shipped: Mapping[str, tuple[float, float]],
    trained: Mapping[float, tuple[float, float]],
    decoder: Decoder,
) -> list[Chart]:
    runs = sorted(shipped.values())
    known = list(trained.items())
    grid = [step / 20 * 1.3 * ENTROPY for step in range(21)]
    return [
        Chart(
            "Toy model, one for each β",
            "rate, nats",
            "distortion, nats",
            [
                Series("minimum", grid, [decoder.least_distortion(rate) for rate in grid]),
                *(Series(f"β = {beta:g}", [rate], [nats]) for beta, (rate, nats) in known),
            ],
            POINTS,
        ),
        Chart(
            "Shipped runs on captions",
            "rate, nats",
            "distortion, nats",
            [Series("runs", [rate for rate, _ in runs], [nats for _, nats in runs])],
            POINTS,
        ),
    ]


EXPERIMENT = Experiment(
    title="β moves along the rate–distortion curve",
    claim="−ELBO is distortion plus rate. The weight β says how much distortion a nat of rate has "
    "to save: a small β gives good reconstructions, a large β a cheap code.",
    trains="The toy decoder that sees no previous words, at six values of β; beside it, six "
    "shipped runs on captions.",
    seconds=30,
    expected="Distortion falls as the rate rises across the runs; in the toy model the rate "
    "falls with β, and drops to 0 where a nat of rate saves less than β: above 3.",
    run=run,
    settings=Settings,
    change="Let the decoder see previous words: a nat of rate then saves only one nat, and z is "
    "dropped already at β = 1.",
    seed=2,
    sketch=((1.0, 0.8, 0.62, 0.46, 0.32, 0.2, 0.12, 0.06),),
    code="""\
from explorer.explore.thought_experiment import Decoder, Variant, train

without = train(Decoder(reads=False, latent=False), seed=2)
for beta in (0.25, 0.5, 1.0, 2.0, 4.0, 8.0):
    decoder, variant = Decoder(reads=False, latent=True), Variant(beta=beta)
    trained = train(decoder, seed=2, start=without, variant=variant)
    print(beta, round(trained.rate, 2), round(trained.distortion, 2))
""",
)
