"""Metrics of documents as bags of words."""

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from explorer.evaluation.applicability import NotApplicable, NotRelevant, Reason
from explorer.evaluation.context import EvaluationContext
from explorer.evaluation.metric_definition import MetricResult
from explorer.evaluation.metric_results import mean_result, result
from explorer.latent_space import topics
from explorer.models import unigram_mixture
from explorer.models.words import WordsDecoder


def document_ppl(context: EvaluationContext) -> MetricResult:
    _decoder(context)
    context.need_rate()
    return _per_document(context, context.elbos, 1)


def document_importance_ppl(context: EvaluationContext) -> MetricResult:
    _decoder(context)
    context.need_rate()
    return _per_document(context, context.importance_nlls, context.samples)


def _per_document(
    context: EvaluationContext, nats: Float[Tensor, " n"], samples: int
) -> MetricResult:
    """Exp of the mean of nats per word, each document weighing the same."""
    lengths = torch.tensor([len(row) for row in context.held_out.ids], dtype=torch.float64)
    filled = lengths > 0
    if not bool(filled.any()):
        raise NotApplicable(Reason.SHORT_SENTENCES, "the documents contain no words")
    groups = context.held_out.groups
    chosen = None if groups is None else [groups[row] for row in torch.where(filled)[0].tolist()]
    entry = mean_result((nats.cpu().double() / lengths)[filled], chosen, samples)
    value = math.exp(entry["value"])
    error = {"error": entry["error"] * value} if "error" in entry else {}
    return entry | {"value": value} | error


def npmi(context: EvaluationContext) -> MetricResult:
    scores = _scores(context)
    ids = [context.vocabulary.encode(tokens) for tokens in context.held_out.training]
    if not any(ids):
        raise NotApplicable(Reason.NO_TRAINING_TEXT, "the training text is not available")
    top = topics.top_words(scores, topics.COHERENT)
    each = topics.coherences(top, unigram_mixture.counted(ids, scores.shape[1]))
    return result(float(each.mean()), len(ids), topics=len(each), by_topic=each.tolist())


def topic_diversity(context: EvaluationContext) -> MetricResult:
    top = topics.top_words(_scores(context), topics.DIVERSE)
    return result(topics.diversity(top), len(top))


def _scores(context: EvaluationContext) -> Float[np.ndarray, "topics words"]:
    points = context.model.latent.topic_points().to(context.model.device)
    padding = points.new_zeros(len(points), len(context.model.config.labels))
    words = _decoder(context).word_log_probs(torch.cat([points, padding], 1)).exp()
    return topics.contrast(words.double().cpu().numpy())


def _decoder(context: EvaluationContext) -> WordsDecoder:
    decoder = context.model.decoder
    if not isinstance(decoder, WordsDecoder):
        raise NotRelevant("sentences are not bags of words")
    return decoder
