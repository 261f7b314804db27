"""A function for each of `METRICS`."""

from collections.abc import Callable
from dataclasses import asdict

import torch

from explorer.evaluation import likelihood, reconstruction, samples
from explorer.evaluation.applicability import NotApplicable, NotRelevant, Reason
from explorer.evaluation.context import EvaluationContext
from explorer.evaluation.labels import labelled
from explorer.evaluation.metric_definition import MetricResult
from explorer.evaluation.metric_results import error_of, mean_result
from explorer.evaluation.metric_results import mean as _mean
from explorer.evaluation.metric_results import result as _result
from explorer.evaluation.metric_text import FEWEST_EFFECTIVE
from explorer.evaluation.nearest_decodes import nearest_decodes
from explorer.evaluation.reverse_perplexity import some
from explorer.evaluation.spelling import spelling_model
from explorer.models import batch_inference, refinement
from explorer.models.random_streams import generator, others
from explorer.text.tokens import SPECIALS, UNK

CANDIDATES = 8
"""Decodes of a point, of which the nearest is taken."""
_REENCODED = 1000
"""Sentences that are decoded so."""
_NEAREST = 200
"""Sentences whose nearest training sentence is looked for."""


# Likelihood.


def distortion(context: EvaluationContext) -> MetricResult:
    context.need_latent()
    samples_each = 1 if context.model.latent.has_rate else 0
    return mean_result(context.distortions, context.held_out.groups, samples_each)


def rate(context: EvaluationContext) -> MetricResult:
    context.need_rate()
    # A prior of independent parts has a closed form; any other is asked at samples of q.
    draws = context.rate_draws.sum(2)
    samples_each = 0 if context.model.prior.is_factorised else len(draws)
    entry = mean_result(context.rates.sum(1), context.held_out.groups, samples_each)
    if len(draws) > 1:
        entry["sd"] = draws.mean(1).std().item()
    if context.model.num_rate_terms is None:
        return entry
    return entry | {"by_dimension": context.rates.mean(0).tolist()}


def elbo(context: EvaluationContext) -> MetricResult:
    context.need_rate()
    return mean_result(context.elbos, context.held_out.groups, 1)


def elbo_ppl(context: EvaluationContext) -> MetricResult:
    context.need_rate()
    return _perplexity(context, context.elbos, elbo(context))


def _perplexity(
    context: EvaluationContext, nats: torch.Tensor, entry: MetricResult
) -> MetricResult:
    """The entry of a figure in nats as one per predicted word.

    Its standard error is that of a ratio of two sums, nats over words, to first order.
    """
    each = torch.tensor(_predicted(context), dtype=torch.float64)
    words, tokens = int(each.sum()), likelihood.predicted(context.held_out.ids)
    if not words:
        raise NotApplicable(Reason.SHORT_SENTENCES, "the documents contain no words")
    value = likelihood.perplexity(entry["value"] * context.n, words)
    beyond = nats.cpu().double() - nats.sum().item() / words * each
    error = error_of(beyond.numpy(), context.held_out.groups)
    if error:
        error["error"] *= value * context.n / words
    counts = {"words": words, "tokens": tokens, **_unknown(context)}
    return entry | {"value": value, **counts} | error


def _predicted(context: EvaluationContext) -> list[int]:
    """Predicted words of each text: with the end of a sentence; those read of a document."""
    if not context.vocabulary.has_order:
        return [len(row) for row in context.held_out.ids]
    return [likelihood.predicted([row]) for row in context.held_out.tokens]


def _unknown(context: EvaluationContext) -> MetricResult:
    """How many held-out words are read as `<unk>`, and in how many sentences."""
    if not context.vocabulary.has_unknown:
        return {}
    counts = [len(words) for words in context.unknown_words]
    return {"unknown": sum(counts), "unknown_sentences": sum(map(bool, counts))}


def importance_nll(context: EvaluationContext) -> MetricResult:
    groups = context.held_out.groups
    if context.is_language_model:
        return mean_result(context.importance_nlls, groups, 1, exact=True)
    context.need_rate()
    ess = context.importance.ess.median().item()
    precision = {"bf16": True} if context.importance.bf16 else {}
    return mean_result(
        context.importance_nlls, groups, context.samples, exact=False, ess=ess, **precision
    )


def importance_ppl(context: EvaluationContext) -> MetricResult:
    entry = importance_nll(context)
    return _perplexity(context, context.importance_nlls, entry)


def open_vocabulary_ppl(context: EvaluationContext) -> MetricResult:
    context.need_order()
    entry = importance_nll(context)
    unknown = context.unknown_words
    if any(SPECIALS[UNK] in words for words in unknown):
        raise NotApplicable(
            Reason.REPLACED_WORDS,
            "the corpus itself contains <unk>: its words cannot be spelled out",
        )
    spelled = torch.zeros(context.n, dtype=torch.float64)
    if any(unknown):
        model = spelling_model(context.vocabulary, _training(context))
        costs = [sum(map(model.nats, words)) for words in unknown]
        spelled = torch.tensor(costs, dtype=torch.float64)
    nats = context.importance_nlls.cpu().double() + spelled
    entry = _perplexity(context, nats, entry | {"value": _mean(nats)})
    return entry | {"spelling": spelled.sum().item()}


def importance_ess(context: EvaluationContext) -> MetricResult:
    context.need_rate()
    ess = context.importance.ess
    below = (ess < FEWEST_EFFECTIVE).double().mean().item()
    samples_each = context.samples
    return _result(ess.median().item(), context.n, samples_each, of=samples_each, below=below)


def bound_gap(context: EvaluationContext) -> MetricResult:
    context.need_rate()
    difference = context.elbos.cpu().double() - context.importance_nlls
    return mean_result(difference, context.held_out.groups, context.samples)


def amortisation_gap(context: EvaluationContext) -> MetricResult:
    if not context.refine:
        raise NotRelevant("not measured: it requires gradient steps for each sentence")
    if not batch_inference.has_gaussian_posterior(context.model):
        raise NotRelevant("only Gaussian posteriors can be refined")
    rows = sorted(context.order("refine")[: context.refine])
    chosen = context.held_out.select(rows)
    share = context.n / len(rows)  # the progress of a figure counts all sentences
    refined = refinement.refine(
        context.model,
        chosen.ids,
        seed=context.seed,
        labels=batch_inference.of_rows(context.codes, rows),
        progress=lambda done: context.advance(round(share * done)),
    )
    entry = mean_result(refined.gain, chosen.groups, refinement.JUDGED, steps=refinement.STEPS)
    if "error" in entry:
        low, high = (entry["value"] + sign * 1.96 * entry["error"] for sign in (-1, 1))
        entry |= {"low": low, "high": high}
    return entry | {"least": refined.gain.min().item()}


# Reconstruction.


def _reconstruction(measure: Callable[..., float]) -> Callable[[EvaluationContext], MetricResult]:
    def figure(context: EvaluationContext) -> MetricResult:
        context.need_latent()
        if not any(context.held_out.tokens):
            raise NotApplicable(Reason.SHORT_SENTENCES, "the sentences contain no words")
        decoded, meant = context.reconstructions, context.held_out.tokens
        if measure is reconstruction.bleu and not reconstruction.has_four(meant):
            raise NotApplicable(Reason.SHORT_SENTENCES, "BLEU-4 needs a sentence of four words")
        lengths = reconstruction.by_length(measure, decoded, meant)
        more: MetricResult = {"by_length": lengths}
        if context.copies is not None:
            more["baselines"] = {"copy": measure(context.copies, meant)}
        return _result(measure(decoded, meant), context.n, **more)

    return figure


def bleu_nearest(context: EvaluationContext) -> MetricResult:
    context.need_latent()
    encoder = context.model.encoder
    if encoder is not None and not encoder.reads_text and context.encode_tokens is None:
        raise NotRelevant("the encoder of its given vectors is not available")
    if not reconstruction.has_four(context.held_out.tokens):
        raise NotApplicable(Reason.SHORT_SENTENCES, "BLEU-4 needs a sentence of four words")
    single = context.reconstructions
    rows = sorted(context.order("nearest")[:_REENCODED])
    meant = [context.held_out.tokens[row] for row in rows]
    decoded, cosine = nearest_decodes(context, context.posterior.mean, rows, CANDIDATES)
    others = {"single": [single[row] for row in rows]}
    if context.model.latent.has_rate:
        others["sample"], _ = nearest_decodes(context, context.z_draws[0], rows, CANDIDATES)
    return _result(
        reconstruction.bleu(decoded, meant),
        len(rows),
        baselines={name: reconstruction.bleu(own, meant) for name, own in others.items()},
        candidates=CANDIDATES,
        cosine=cosine,
        exact_match=reconstruction.exact_match(decoded, meant),
    )


def content_words_kept(context: EvaluationContext) -> MetricResult:
    context.need_latent()
    decoded, meant = context.reconstructions, context.held_out.tokens
    quarters = reconstruction.repeated_content_words(decoded, meant)
    total = sum(every for _, every in quarters)
    if not total:
        raise NotApplicable(Reason.SHORT_SENTENCES, "the sentences contain no content words")
    more: MetricResult = {
        "by_quarter": [repeated / every if every else None for repeated, every in quarters]
    }
    if context.copies is not None:
        copied = reconstruction.repeated_content_words(context.copies, meant)
        more["baselines"] = {"copy": sum(repeated for repeated, _ in copied) / total}
    return _result(sum(repeated for repeated, _ in quarters) / total, context.n, **more)


def cycle_distance(context: EvaluationContext) -> MetricResult:
    context.need_latent()
    context.need_encoder()
    context.need_density()
    z = context.prior_z
    ids = [context.vocabulary.encode(tokens) for tokens in context.decode(z)]
    back = batch_inference.posterior(context.model, ids).mean
    other = others(len(z), generator(context.seed, "cycle"))
    value, reference = (_mean((z - end).norm(dim=1)) for end in (back, z[other]))
    return _result(value, len(z), reference=reference)


# Samples of the model, beside the same metric of held-out sentences.


def novelty(context: EvaluationContext) -> MetricResult:
    decoded, training = context.sampled, _training(context)
    reference = samples.novelty(context.real, training)
    return _result(samples.novelty(decoded, training), len(decoded), reference=reference)


def nearest_training(context: EvaluationContext) -> MetricResult:
    decoded, training = context.sampled[:_NEAREST], _training(context)
    if context.part:
        raise NotApplicable(
            Reason.PARTIAL_SPLIT,
            f"not measured on {context.part}: it reads the whole training text",
        )
    value, reference = (
        sum(distances) / len(distances)
        for distances in (
            samples.nearest_training(decoded, training),
            samples.nearest_training(context.real[:_NEAREST], training),
        )
    )
    return _result(value, len(decoded), reference=reference)


def _training(context: EvaluationContext) -> list[list[str]]:
    training = [list(tokens) for tokens in context.held_out.training if tokens]
    if not training:
        raise NotApplicable(Reason.NO_TRAINING_TEXT, "the training text is not available")
    return training


def self_bleu(context: EvaluationContext) -> MetricResult:
    decoded, real = _as_many(context)
    if len(decoded) < 2:
        raise NotApplicable(Reason.TOO_FEW_SENTENCES, "one sentence is not enough")
    if not reconstruction.has_four(decoded):
        raise NotApplicable(
            Reason.SHORT_SENTENCES, "BLEU-4 needs a sentence of four words, and none was sampled"
        )
    return _result(samples.self_bleu(decoded), len(decoded), reference=samples.self_bleu(real))


def _distinct(n: int) -> Callable[[EvaluationContext], MetricResult]:
    def figure(context: EvaluationContext) -> MetricResult:
        decoded, real = _as_many(context)
        reference = samples.distinct_n(real, n)
        return _result(samples.distinct_n(decoded, n), len(decoded), reference=reference)

    return figure


def _as_many(context: EvaluationContext) -> tuple[list[list[str]], list[list[str]]]:
    """Drawn and held-out sentences, as many of each: with their number repetitions grow."""
    many = min(len(context.sampled), len(context.real))
    return context.sampled[:many], context.real[:many]


def forward_perplexity(context: EvaluationContext) -> MetricResult:
    judge = context.language_model
    decoded = context.sampled
    if judge is None:
        raise NotApplicable(Reason.NO_LANGUAGE_MODEL, "no language model was given as a judge")
    value, reference = (context.judged(judge, sentences) for sentences in (decoded, context.real))
    return _result(value, len(decoded), reference=reference)


def reverse_perplexity(context: EvaluationContext) -> MetricResult:
    if not context.reverse:
        raise NotApplicable(
            Reason.NOT_REQUESTED,
            "not measured: it requires training a language model on sampled sentences",
        )
    context.need_density()
    training = [context.vocabulary.encode(tokens) for tokens in _training(context)]
    real = some(training, context.reverse, context.seed)
    drawn = [context.vocabulary.encode(tokens) for tokens in context.training_samples(len(real))]
    value, reference = (
        context.judged(context.learned(ids), context.held_out.tokens) for ids in (drawn, real)
    )
    more = {"learned_from": len(real), **_unknown(context)}
    return _result(value, context.n, reference=reference, **more)


# Labels.


def label_information(context: EvaluationContext) -> MetricResult:
    information = dict(labelled(context).information)
    return _result(information.pop("value"), len(labelled(context).rows), 1, **information)


def _switched(switch: str, key: str) -> Callable[[EvaluationContext], MetricResult]:
    def figure(context: EvaluationContext) -> MetricResult:
        judged = labelled(context)
        switches = getattr(judged, switch)
        curve = [asdict(switch) for switch in switches]
        as_it_is = next(point for point in curve if point["strength"] == 1.0)
        judge = judged.accuracy(judged.tokens, judged.labels)
        return _result(as_it_is[key], len(judged.rows), curve=curve, judge=judge)

    return figure


bleu = _reconstruction(reconstruction.bleu)
exact_match = _reconstruction(reconstruction.exact_match)
token_accuracy = _reconstruction(reconstruction.token_accuracy)
distinct_1 = _distinct(1)
distinct_2 = _distinct(2)
label_switch_accuracy = _switched("switches", "accuracy")
label_switch_bleu = _switched("switches", "bleu")
label_arithmetic_accuracy = _switched("moves", "accuracy")
label_arithmetic_bleu = _switched("moves", "bleu")
