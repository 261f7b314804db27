"""One sentence on how runs differ."""

from collections.abc import Callable, Sequence

from explorer.evaluation.metrics import written
from explorer.evaluation.verdict import uses_z, value_of
from explorer.explore.run import Run
from explorer.text.vocabularies import VOCABULARIES

Name = Callable[[Run], str]

_COUNTS = {2: "Both", 3: "All three", 4: "All four"}
DOES = {
    "used": "uses z",
    "collapsed": "collapsed",
    "latent_unused": "does not use its latent space",
    "partly_used": "uses a part of its latent space",
    "noisy_rate": "spends a rate that hardly tells sentences apart",
    "no_latent": "is a language model: it has no latent space",
    "not_measured": "has not been evaluated yet",
}
"""The verdict on the use of z as the predicate of a run, by its code."""
_DO = {
    "used": "use z",
    "collapsed": "collapsed",
    "latent_unused": "do not use their latent spaces",
    "partly_used": "use a part of their latent spaces",
    "noisy_rate": "spend a rate that hardly tells sentences apart",
    "no_latent": "are language models, which have no latent space",
    "not_measured": "have not been evaluated yet",
}


def comparable(run: Run, other: Run) -> bool:
    """Whether the metrics of two runs are of the same words of the same sentences."""
    a, b = run.config.corpus, other.config.corpus
    names = ("name", "path", "text_column", "lowercase", "split_punctuation", "tokens")
    names += ("normalise",)
    # Subword pieces cover all text at any vocabulary size; a word vocabulary does not.
    names += ("vocabulary_size",) if VOCABULARIES[a.tokens].has_unknown else ()
    return all(getattr(a, name) == getattr(b, name) for name in names)


def all_comparable(runs: Sequence[Run]) -> bool:
    """Whether the metrics of every run may be compared with those of the first."""
    return all(comparable(run, runs[0]) for run in runs)


def difference(runs: Sequence[Run], name: Name = lambda run: run.name) -> str:
    """One sentence on how runs differ.

    Args:
        runs: Two to four.
        name: Formats the name of a run, in bold for example.
    """
    codes = [uses_z(run.metrics).code for run in runs]
    if len(set(codes)) > 1:
        return (
            "; ".join(_alone(run, code, name) for run, code in zip(runs, codes, strict=True)) + "."
        )
    same = f"{_COUNTS[len(runs)]} {_DO[codes[0]]}"
    if not all_comparable(runs):
        listed = ", ".join(f"{name(run)}{_figures(run)}" for run in runs)
        return (
            f"{same}: {listed}; they were trained on different text, so their metrics are not "
            "compared."
        )
    rates = [value_of(run.metrics, "rate") for run in runs]
    if any(rate is None for rate in rates):
        return f"{same}{_perplexities(runs, name)}."
    ordered = sorted(runs, key=lambda run: -_value(run, "rate"))
    if len(runs) > 2:
        listed = ", ".join(f"{name(run)}{_figures(run)}" for run in ordered)
        return f"{same}; by nats through z, most first: {listed}."
    return f"{same}; {_pair(ordered[0], ordered[1], name)}."


def _alone(run: Run, code: str, name: Name) -> str:
    end = ", so its decoder is a language model" if code == "collapsed" else ""
    return f"{name(run)} {DOES[code]}{_figures(run)}{end}"


def _figures(run: Run) -> str:
    """Rate and gap in brackets, if measured."""
    parts = []
    for name, title in (("rate", "rate"), ("shuffled_z_gap", "shuffled-z gap")):
        value = value_of(run.metrics, name)
        if value is not None:
            parts.append(f"{title} {written(value)} nats")
    return f" ({', '.join(parts)})" if parts else ""


def _pair(more: Run, less: Run, name: Name) -> str:
    """Two runs with the same verdict; the first has the higher rate."""
    text = f"{name(more)} sends {_times(more, less)} through z as {name(less)} ("
    text += f"rate {_against(more, less, 'rate')} nats"
    if _both_have(more, less, "shuffled_z_gap"):
        text += f", shuffled-z gap {_against(more, less, 'shuffled_z_gap')} nats"
    text += ")"
    parts = []
    if _both_have(more, less, "bleu"):
        how = _more_or_less(more, less, "bleu", "more closely", "less closely", "as closely")
        parts.append(f"reconstructs sentences {how} (BLEU {_against(more, less, 'bleu')})")
    if _both_have(more, less, "importance_ppl"):
        how = _more_or_less(more, less, "importance_ppl", "worse", "better", "as well")
        parts.append(f"predicts text {how} (perplexity {_against(more, less, 'importance_ppl')})")
    return text + "".join(
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


def _perplexities(runs: Sequence[Run], name: Name) -> str:
    values = [
        f"{name(run)} {written(_value(run, 'importance_ppl'))}"
        for run in runs
        if value_of(run.metrics, "importance_ppl") is not None
    ]
    return f"; perplexity: {', '.join(values)}" if values else ""


def _both_have(a: Run, b: Run, name: str) -> bool:
    return all(value_of(run.metrics, name) is not None for run in (a, b))


def _value(run: Run, name: str) -> float:
    value = value_of(run.metrics, name)
    assert value is not None
    return value


def _against(a: Run, b: Run, name: str) -> str:
    return f"{written(_value(a, name))} against {written(_value(b, name))}"
