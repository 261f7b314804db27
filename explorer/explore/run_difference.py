"""What sets runs apart, in one sentence."""

from collections.abc import Sequence

from explorer.evaluation.definitions import written
from explorer.evaluation.verdict import verdict
from explorer.explore.run import Run
from explorer.ui.components import widgets
from explorer.ui.components.escaping import markdown

_COUNTS = {2: "Both", 3: "All three", 4: "All four"}
DOES = {
    "healthy": "is healthy",
    "collapsed": "collapsed",
    "latent unused": "does not use its latent space",
    "partly used": "uses a part of its latent space",
    "noisy rate": "pays for a rate that hardly tells sentences apart",
    "no latent": "is a language model: it has no latent space",
    "not measured": "is not evaluated yet",
}
"""What a run with that verdict does, behind its name."""
_DO = {
    "healthy": "are healthy",
    "collapsed": "collapsed",
    "latent unused": "do not use their latent spaces",
    "partly used": "use a part of their latent spaces",
    "noisy rate": "pay for a rate that hardly tells sentences apart",
    "no latent": "are language models, which have no latent space",
    "not measured": "are not evaluated yet",
}


def difference(runs: Sequence[Run]) -> str:
    """What sets runs apart, in one sentence of Markdown."""
    words = [verdict(run.metrics).word for run in runs]
    if len(set(words)) > 1:
        return "; ".join(_alone(run, word) for run, word in zip(runs, words, strict=True)) + "."
    same = f"{_COUNTS[len(runs)]} {_DO[words[0]]}"
    rates = [widgets.value_of(run.metrics, "rate") for run in runs]
    if any(rate is None for rate in rates):
        return f"{same}{_perplexities(runs)}."
    ordered = sorted(runs, key=lambda run: -_value(run, "rate"))
    if len(runs) > 2:
        listed = ", ".join(f"{_name(run)}{_figures(run)}" for run in ordered)
        return f"{same}; by what goes through z, most first: {listed}."
    return f"{same}; {_pair(*ordered)}."


def _alone(run: Run, word: str) -> str:
    end = ", so its decoder is a language model" if word == "collapsed" else ""
    return f"{_name(run)} {DOES[word]}{_figures(run)}{end}"


def _figures(run: Run) -> str:
    """Rate and gap in brackets, as far as they were measured."""
    told = []
    for name, title in (("rate", "rate"), ("shuffled_z_gap", "shuffled-z gap")):
        value = widgets.value_of(run.metrics, name)
        if value is not None:
            told.append(f"{title} {written(value)} nats")
    return f" ({', '.join(told)})" if told else ""


def _pair(more: Run, less: Run) -> str:
    """Two runs with the same verdict; the first has the higher rate."""
    told = f"{_name(more)} sends {_times(more, less)} through z as {_name(less)} ("
    told += f"rate {_against(more, less, 'rate')} nats"
    if _both_have(more, less, "shuffled_z_gap"):
        told += f", shuffled-z gap {_against(more, less, 'shuffled_z_gap')} nats"
    told += ")"
    parts = []
    if _both_have(more, less, "bleu"):
        how = _more_or_less(more, less, "bleu", "more closely", "less closely", "as closely")
        parts.append(f"repeats sentences {how} (BLEU {_against(more, less, 'bleu')})")
    if _both_have(more, less, "importance_ppl"):
        how = _more_or_less(more, less, "importance_ppl", "worse", "better", "as well")
        parts.append(f"predicts text {how} (perplexity {_against(more, less, 'importance_ppl')})")
    return told + "".join(
        (" and " if number == len(parts) else ", ") + part for number, part in enumerate(parts, 1)
    )


def _times(more: Run, less: Run) -> str:
    high, low = _value(more, "rate"), _value(less, "rate")
    if low <= 0 or high / low >= 100:
        return "far more nats"
    return "as many nats" if high / low < 1.05 else f"{high / low:.1f} times as many nats"


def _more_or_less(a: Run, b: Run, name: str, more: str, less: str, same: str) -> str:
    first, second = written(_value(a, name)), written(_value(b, name))
    if first == second:
        return same
    return more if _value(a, name) > _value(b, name) else less


def _perplexities(runs: Sequence[Run]) -> str:
    told = [
        f"{_name(run)} {written(_value(run, 'importance_ppl'))}"
        for run in runs
        if widgets.value_of(run.metrics, "importance_ppl") is not None
    ]
    return f"; perplexity: {', '.join(told)}" if told else ""


def _both_have(a: Run, b: Run, name: str) -> bool:
    return all(widgets.value_of(run.metrics, name) is not None for run in (a, b))


def _value(run: Run, name: str) -> float:
    value = widgets.value_of(run.metrics, name)
    assert value is not None
    return value


def _against(a: Run, b: Run, name: str) -> str:
    return f"{written(_value(a, name))} against {written(_value(b, name))}"


def _name(run: Run) -> str:
    return f"**{markdown(run.name)}**"
