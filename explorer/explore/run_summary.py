"""One line about a run: its corpus, its size, and how closely it reconstructs."""

from pathlib import Path

from explorer.evaluation.verdict import reconstruction_bleu, value_of
from explorer.explore.run import Run
from explorer.text.corpus_catalog import NAMED

_CLOSE, _GIST = 35.0, 15.0
"""BLEU of reconstructions, from which they are called close, or the gist."""


def corpus_title(run: Run) -> str:
    """The corpus as people call it, or the name of its file."""
    corpus = run.config.corpus
    named = NAMED.get(corpus.name)
    return named.title if named else corpus.name or Path(corpus.path).name


def summary(run: Run) -> str:
    """The corpus, the latent space and its rate, and how closely sentences are reconstructed."""
    parts = [corpus_title(run)]
    if not run.has_latent:
        return " · ".join([*parts, "language model, without z"])
    rate = value_of(run.metrics, "rate")
    parts.append(
        _size(run) + (f", {rate:.1f} nats per {run.text_unit}" if rate is not None else "")
    )
    bleu = reconstruction_bleu(run.metrics)
    if bleu is not None:
        kind = "close" if bleu >= _CLOSE else "the gist" if bleu >= _GIST else "loose"
        parts.append(f"reconstructions: {kind} (BLEU {bleu:.0f})")
    return " · ".join(parts)


def _size(run: Run) -> str:
    latent = run.model.latent
    if latent.num_categories:
        return f"{latent.num_rate_terms} codes of {latent.num_categories} values"
    return f"{run.config.model.latent_dim} dimensions"
