"""An autoregressive decoder can ignore z: the toy of `a a a`, `b b b`, `c c c`."""

from dataclasses import dataclass

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
from explorer.explore import thought_experiment as toy
from explorer.explore.thought_experiment import DECODERS, ENTROPY, Decoder, Variant

_COLLAPSED, _USED = 0.05, 0.9
"""Rates: below the first, in nats, z is ignored; above the second, a fraction of log 3, used."""


@dataclass(frozen=True)
class Settings:
    """What may be changed."""

    epochs: int = setting(Variant().epochs, "epochs of each decoder with z", 1, 40)
    weight_decay: float = setting(Variant().decay, "weight decay of Adam", 0.0, 1.0)


def run(settings: Settings, seed: int, watch: Watch) -> Outcome:
    """Trains four decoders: with and without previous words as input, with and without z."""
    variant = Variant(settings.epochs, settings.weight_decay)
    outcomes: dict[Decoder, toy.Outcome] = {}
    curves: dict[str, list[tuple[float, float]]] = {}
    for number, decoder in enumerate(DECODERS):
        curve = curves.setdefault(_name(decoder), []) if decoder.latent else []

        def report(fraction: float, number: int = number, name: str = _name(decoder)) -> None:
            watch((number + fraction) / len(DECODERS), f"training: {name}", [_chart(curves)])

        start = outcomes.get(Decoder(decoder.reads, latent=False)) if decoder.latent else None
        outcomes[decoder] = toy.train(decoder, seed, report, curve, start, variant)
    reads, blind = (outcomes[Decoder(reads, latent=True)] for reads in (True, False))
    pairs = reads.reconstructions
    wrong = [pair for pair in pairs if pair[0] != pair[1]]
    ignores, uses = reads.rate < _COLLAPSED, blind.rate > _USED * ENTROPY
    first = "ignores z" if ignores else "uses z"
    second = "uses z" if uses else "does not learn to use z"
    example = f", and it decodes {wrong[0][0]} as {wrong[0][1]}" if wrong else ""
    seen = (
        f"The decoder that reads the previous words {first}: its final rate is {reads.rate:.2f} "
        f"nats{example}. The one that reads no words {second}: {blind.rate:.2f} nats of at least "
        f"{ENTROPY:.2f}."
    )
    return Outcome(
        seen,
        ignores and uses and bool(wrong),
        [
            Figure("rate, reads words", reads.rate, "nats"),
            Figure("rate, reads none", blind.rate, "nats"),
            Figure("saved by z, reads words", _saved(outcomes, reads=True), "nats"),
            Figure("saved by z, reads none", _saved(outcomes, reads=False), "nats"),
        ],
        [_chart(curves)],
        [
            Table(
                "Each sentence and its reconstruction",
                {
                    "sentence": [pair[0] for pair in pairs],
                    "reads words": [pair[1] for pair in pairs],
                    "reads none": [pair[1] for pair in blind.reconstructions],
                },
            )
        ],
        [Link("A real run that collapsed, next to one that did not", "collapse")],
    )


def _saved(outcomes: dict[Decoder, toy.Outcome], reads: bool) -> float:
    without, given = (outcomes[Decoder(reads, latent)].bound for latent in (False, True))
    return without - given


def _name(decoder: Decoder) -> str:
    return ("reads words" if decoder.reads else "reads none") + (
        ", with z" if decoder.latent else ", without z"
    )


def _chart(curves: dict[str, list[tuple[float, float]]]) -> Chart:
    series = [
        Series(name, list(range(1, len(points) + 1)), [rate for rate, _ in points])
        for name, points in curves.items()
    ]
    return Chart("The rate of the decoders with z during training", "report", "rate, nats", series)


EXPERIMENT = Experiment(
    title="An LSTM can ignore z",
    claim="A strong autoregressive decoder can model the data without z. The rate is then pushed "
    "to 0, and all sentences share one posterior.",
    trains="Four tiny LSTMs on three sentences, a a a, b b b and c c c: with and without "
    "previous words as input, with and without z.",
    seconds=20,
    expected="The decoder that reads words ends with a rate below 0.05 nats and confuses the "
    "sentences; the one that reads no words must use z, with a rate of at least log 3 "
    "= 1.10 nats.",
    run=run,
    settings=Settings,
    change="Without weight decay nothing penalises z, and the rate drifts with chance. Try other "
    "seeds, too.",
    seed=8,
    sketch=(
        (0.1, 0.2, 0.1, 0.04, 0.02, 0.01, 0.01, 0.01),
        (0.1, 0.5, 0.8, 0.9, 0.93, 0.93, 0.94, 0.94),
    ),
    code="""\
from explorer.explore.thought_experiment import Decoder, train

for reads in (True, False):
    without = train(Decoder(reads, latent=False), seed=8)
    given = train(Decoder(reads, latent=True), seed=8, start=without)
    print("reads words" if reads else "reads none", f"rate {given.rate:.2f} nats")
    print(given.reconstructions)
""",
)
