"""Measures everything that applies to a model on held-out sentences."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from explorer.errors import at_least
from explorer.evaluation.applicability import NotApplicable, NotRelevant, Reason
from explorer.evaluation.context import EncodeTokens, EvaluationContext, HeldOut, Progress
from explorer.evaluation.metric_definition import MetricResult, of_documents
from explorer.evaluation.metrics import METRICS
from explorer.models.priors import Prior
from explorer.models.random_streams import generator
from explorer.models.vae import TextVAE
from explorer.text.vocabulary import Vocabulary

SAMPLES, DRAWN, QUICK_DRAWN = 500, 1000, 200


def evaluate(
    model: TextVAE,
    vocabulary: Vocabulary,
    held_out: HeldOut,
    *,
    samples: int = SAMPLES,
    drawn: int = DRAWN,
    limit: int | None = None,
    seed: int = 0,
    language_model: TextVAE | None = None,
    reverse: int = 0,
    refine: int = 0,
    trained_under: Prior | None = None,
    encode_tokens: EncodeTokens | None = None,
    progress: Progress = lambda name, done, total: None,
) -> dict[str, MetricResult]:
    """The entries of `metrics.json`.

    Args:
        model: Any of them; its mode is restored afterwards.
        vocabulary: The model's.
        held_out: A whole split, and the training text.
        samples: Of the importance estimate; one where all would be the same point.
        drawn: Sentences drawn from the model for the figures of its own words.
        limit: At most this many sentences, drawn evenly by the seed.
        seed: The same seed gives the same figures.
        language_model: Of real text, with the same vocabulary: judges drawn sentences.
        reverse: Sentences drawn for a language model to learn from, which then judges the
            held-out ones; 0 leaves reverse perplexity out.
        refine: Sentences whose posteriors are refined; 0 leaves the amortisation gap out.
        trained_under: The prior of the training, where another was fitted afterwards.
        encode_tokens: Of a latent space of vectors: the encoder they were made with.
        progress: Called with a figure's name, and the sentences done and in all.

    Returns:
        For each name of `METRICS` its value, unit, n and samples; or None and the reason.
        Figures about labels are left out where the corpus has none, and the gain of a fitted
        prior where none was fitted.

    Raises:
        ExplorerError: For impossible numbers of samples or sentences.
    """
    at_least("samples", samples, 1)
    at_least("drawn", drawn, 2)
    at_least("limit", limit or 1, 1)
    whole = len(held_out.ids)
    if limit is not None and limit < whole:
        order = torch.randperm(whole, generator=generator(seed, "limit"))[:limit]
        held_out = held_out.select(sorted(order.tolist()))
    ticker = _Ticker(progress, len(held_out.ids))
    context = EvaluationContext(
        model=model,
        vocabulary=vocabulary,
        held_out=held_out,
        samples=samples if model.latent.has_spread else 1,
        drawn=drawn,
        seed=seed,
        part=f"{limit} of {whole} sentences" if len(held_out.ids) < whole else "",
        language_model=language_model,
        reverse=reverse,
        refine=refine,
        trained_under=trained_under,
        encode_tokens=encode_tokens,
        advance=ticker.advance,
    )
    with _measuring(model, language_model), torch.inference_mode():
        results = {name: _measure(name, context, ticker) for name in METRICS}
    return {name: result for name, result in results.items() if result is not None}


def _measure(name: str, context: EvaluationContext, ticker: "_Ticker") -> MetricResult | None:
    """An entry of `metrics.json`; None if the metric is not relevant."""
    metric = METRICS[name]
    ticker.start(name)
    unit = metric.unit if context.model.decoder.has_order else of_documents(metric.unit)
    missing = {"value": None, "unit": unit}
    if not context.n:
        return missing | {
            "reason": "the split contains no sentences",
            "reason_code": Reason.EMPTY_SPLIT.value,
        }
    try:
        result = metric.compute(context)
    except NotRelevant:
        return None
    except NotApplicable as error:
        return missing | {"reason": str(error), "reason_code": error.code.value}
    return {"value": result.pop("value"), "unit": unit} | result


class _Ticker:
    """Turns the batches of whatever runs into progress of the figure that asked for it."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._name, self._done = "", 0

    def start(self, name: str) -> None:
        self._name, self._done = name, 0
        self._progress(name, 0, self._total)

    def advance(self, count: int) -> None:
        self._done += count
        self._progress(self._name, min(self._done, self._total), self._total)


@contextmanager
def _measuring(*models: TextVAE | None) -> Iterator[None]:
    """Switches off dropout and word dropout, and puts each model's mode back."""
    present = [model for model in models if model is not None]
    modes = [model.training for model in present]
    for model in present:
        model.eval()
    try:
        yield
    finally:
        for model, mode in zip(present, modes, strict=True):
            model.train(mode)
