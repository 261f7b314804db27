"""The figures of `metrics.json`: each name with the function that measures it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import torch

from explorer.evaluation import (
    interpolations,
    latent_use,
    likelihood,
    reconstruction,
    reverse_perplexity,
    samples,
)
from explorer.evaluation.context import Foreign, Measurement, NotApplicable
from explorer.evaluation.labels import labelled
from explorer.models import batch_inference
from explorer.models.random_streams import generator, others, sample
from explorer.models.vae import TextVAE
from explorer.training import prior_fitting

Entry = dict[str, Any]
"""`value`, `n` sentences, `samples` drawn for each, for a mean over sentences its standard
`error`, and what else belongs beside the value."""

_NEAREST = 200
"""Sentences whose nearest training sentence is looked for."""


def _entry(value: float, n: int, samples: int = 0, **more: Any) -> Entry:
    return {"value": value, "n": n, "samples": samples, **more}


def _mean(values: torch.Tensor) -> float:
    return values.cpu().double().mean().item()


def _mean_entry(values: torch.Tensor, samples: int = 0, **more: Any) -> Entry:
    """The mean of what each sentence has, with its standard error over sentences."""
    return _entry(_mean(values), len(values), samples, **_error(values), **more)


def _error(values: torch.Tensor) -> Entry:
    if len(values) < 2:
        return {}
    return {"error": values.cpu().double().std().item() / len(values) ** 0.5}


# Likelihood.


def _distortion(run: Measurement) -> Entry:
    run.need_latent()
    samples_each = 1 if run.model.latent.has_rate else 0
    return _mean_entry(run.distortions, samples_each)


def _rate(run: Measurement) -> Entry:
    run.need_rate()
    # A prior of independent parts has a closed form; any other is asked at one sample of q.
    samples_each = 0 if run.model.prior.is_factorised else 1
    entry = _mean_entry(run.rates.sum(1), samples_each)
    if run.model.rate_parts is None:
        return entry
    return entry | {"by_dimension": run.rates.mean(0).tolist()}


def _elbo(run: Measurement) -> Entry:
    run.need_rate()
    return _mean_entry(run.elbos, 1)


def _elbo_ppl(run: Measurement) -> Entry:
    run.need_rate()
    return _perplexity(run, run.elbos, _elbo(run))


def _perplexity(run: Measurement, nats: torch.Tensor, entry: Entry) -> Entry:
    """The entry of a figure in nats as one per predicted word.

    Its standard error is that of a ratio of two sums, nats over words, to first order.
    """
    sentences = run.held_out.tokens
    words, tokens = likelihood.predicted(sentences), likelihood.predicted(run.held_out.ids)
    value = likelihood.perplexity(entry["value"] * run.n, words)
    each = torch.tensor([likelihood.predicted([row]) for row in sentences], dtype=torch.float64)
    beyond = nats.cpu().double() - nats.sum().item() / words * each
    error = {name: value * own * run.n / words for name, own in _error(beyond).items()}
    return entry | {"value": value, "words": words, "tokens": tokens} | error


def _importance_nll(run: Measurement) -> Entry:
    if run.is_language_model:
        return _mean_entry(run.importance_nlls, 1, exact=True)
    run.need_rate()
    return _mean_entry(run.importance_nlls, run.samples, exact=False)


def _importance_ppl(run: Measurement) -> Entry:
    entry = _importance_nll(run)
    return _perplexity(run, run.importance_nlls, entry)


# What z holds.


def _need_two(run: Measurement) -> None:
    if run.n < 2:
        raise NotApplicable("one sentence is not enough")


def _mutual_information(run: Measurement) -> Entry:
    run.need_rate()
    _need_two(run)
    return _interval(run.information, run.information.low)


def _marginal_kl(run: Measurement) -> Entry:
    run.need_rate()
    _need_two(run)
    gap = latent_use.marginal_kl(_rate(run)["value"], run.information)
    return _interval(gap, gap.high)


def _prior_gain(run: Measurement) -> Entry:
    if run.trained_under is None or not run.model.latent.has_rate:
        raise Foreign("its prior is the one it was trained under")
    _need_two(run)
    found = prior_fitting.gain(run.model, run.trained_under, run.held_out.ids, run.seed)
    return _entry(found.mean, run.n, prior_fitting.SAMPLES, low=found.low, high=found.high)


def _interval(found: latent_use.Interval, value: float) -> Entry:
    return _entry(value, found.n, 1, low=found.low, high=found.high, resolved=found.is_resolved)


def _active_units(run: Measurement) -> Entry:
    run.need_latent()
    if not run.model.latent.has_units:
        raise NotApplicable(run.model.latent.without_units)
    _need_two(run)
    mean = run.posterior.mean
    units, variances = latent_use.active_units(mean), latent_use.unit_variances(mean)
    return _entry(units, run.n, of=run.model.latent_dim, variances=variances.tolist())


def _shuffled_z_gap(run: Measurement) -> Entry:
    run.need_latent()
    _need_two(run)
    other = others(run.n, generator(run.seed, "shuffle"))
    return _mean_entry(run.distortions_at(run.z[other]) - run.distortions, 1)


def _prior_z_gap(run: Measurement) -> Entry:
    run.need_latent()
    run.need_density()
    z = sample(run.model.prior(), run.n, generator(run.seed, "prior gap"))
    return _mean_entry(run.distortions_at(z) - run.distortions, 1)


# Reconstruction.


def _reconstruction(measure: Callable[..., float]) -> Callable[[Measurement], Entry]:
    def figure(run: Measurement) -> Entry:
        run.need_latent()
        if not any(run.held_out.tokens):
            raise NotApplicable("the sentences hold no words")
        said, meant = run.reconstructions, run.held_out.tokens
        if measure is reconstruction.bleu and not reconstruction.has_four(meant):
            raise NotApplicable("BLEU-4 needs a sentence of four words")
        lengths = reconstruction.by_length(measure, said, meant)
        return _entry(measure(said, meant), run.n, by_length=lengths)

    return figure


def _cycle_distance(run: Measurement) -> Entry:
    run.need_latent()
    run.need_density()
    z = run.prior_z
    ids = [run.vocabulary.encode(tokens) for tokens in run.decode(z)]
    back = batch_inference.posterior(run.model, ids).mean
    other = others(len(z), generator(run.seed, "cycle"))
    value, reference = (_mean((z - end).norm(dim=1)) for end in (back, z[other]))
    return _entry(value, len(z), reference=reference)


# Neighbours.


def _retrieval(place: int) -> Callable[[Measurement], Entry]:
    def figure(run: Measurement) -> Entry:
        run.need_latent()
        groups = run.held_out.groups
        if run.part:
            raise NotApplicable(f"needs the whole split, not {run.part}")
        if groups is None or len(set(groups)) == len(groups):
            raise NotApplicable("no two sentences of this corpus are about the same thing")
        figures = {name: found[place] for name, found in run.retrievals.items()}
        return _entry(figures.pop("means"), run.n, baselines=figures)

    return figure


# What the model says on its own, beside the same figure of held-out sentences.


def _novelty(run: Measurement) -> Entry:
    said, training = run.said, _training(run)
    reference = samples.novelty(run.real, training)
    return _entry(samples.novelty(said, training), len(said), reference=reference)


def _nearest_training(run: Measurement) -> Entry:
    said, training = run.said[:_NEAREST], _training(run)
    if run.part:
        raise NotApplicable(f"left out for {run.part}: it reads the whole training text")
    value, reference = (
        sum(distances) / len(distances)
        for distances in (
            samples.nearest_training(said, training),
            samples.nearest_training(run.real[:_NEAREST], training),
        )
    )
    return _entry(value, len(said), reference=reference)


def _training(run: Measurement) -> list[list[str]]:
    training = [list(tokens) for tokens in run.held_out.training if tokens]
    if not training:
        raise NotApplicable("the training text was not given")
    return training


def _self_bleu(run: Measurement) -> Entry:
    said, real = _as_many(run)
    if len(said) < 2:
        raise NotApplicable("one sentence is not enough")
    if not reconstruction.has_four(said):
        raise NotApplicable("BLEU-4 needs a sentence of four words: none was drawn")
    return _entry(samples.self_bleu(said), len(said), reference=samples.self_bleu(real))


def _distinct(n: int) -> Callable[[Measurement], Entry]:
    def figure(run: Measurement) -> Entry:
        said, real = _as_many(run)
        reference = samples.distinct_n(real, n)
        return _entry(samples.distinct_n(said, n), len(said), reference=reference)

    return figure


def _as_many(run: Measurement) -> tuple[list[list[str]], list[list[str]]]:
    """Drawn and held-out sentences, as many of each: with their number repetitions grow."""
    many = min(len(run.said), len(run.real))
    return run.said[:many], run.real[:many]


def _forward_perplexity(run: Measurement) -> Entry:
    judge = run.language_model
    said = run.said
    if judge is None:
        raise NotApplicable("no language model to judge by was given")
    value, reference = (_judged(run, judge, sentences) for sentences in (said, run.real))
    return _entry(value, len(said), reference=reference)


def _judged(run: Measurement, judge: TextVAE, sentences: Sequence[Sequence[str]]) -> float:
    """The perplexity that a language model gives to sentences."""
    ids = [run.vocabulary.encode(tokens) for tokens in sentences]
    nothing = torch.zeros(len(ids), 0, device=judge.device)
    nats = batch_inference.distortions(judge, nothing, ids).sum().item()
    return likelihood.perplexity(nats, likelihood.predicted(sentences))


def _reverse_perplexity(run: Measurement) -> Entry:
    if not run.reverse:
        raise NotApplicable("not measured: it takes training a language model on drawn sentences")
    run.need_density()
    training = [run.vocabulary.encode(tokens) for tokens in _training(run)]
    real = reverse_perplexity.some(training, run.reverse, run.seed)
    drawn = [run.vocabulary.encode(tokens) for tokens in run.drawn_to_learn_from(len(real))]
    value, reference = (
        _judged(run, run.learned(ids), run.held_out.tokens) for ids in (drawn, real)
    )
    return _entry(value, run.n, reference=reference, learned_from=len(real))


# Paths.


def _path(name: str, key: str) -> Callable[[Measurement], Entry]:
    def figure(run: Measurement) -> Entry:
        run.need_latent()
        _need_two(run)
        found = run.smoothness[name]
        if key == "distinct":
            return _entry(found.distinct, found.paths)
        if found.largest_step is None:
            raise NotApplicable("both ends of every path decode to the same sentence")
        return _entry(found.largest_step, found.leading)

    return figure


def _middle(name: str) -> Callable[[Measurement], Entry]:
    def figure(run: Measurement) -> Entry:
        run.need_latent()
        _need_two(run)
        judge = run.language_model
        if judge is None:
            raise NotApplicable("no language model to judge by was given")
        paths = run.paths[name]
        middle = _judged(run, judge, [path[interpolations.POINTS // 2] for path in paths])
        ends = _judged(run, judge, [path[end] for path in paths for end in (0, -1)])
        return _entry(middle / ends, len(paths), middle=middle, ends=ends)

    return figure


# Labels.


def _label_information(run: Measurement) -> Entry:
    found = dict(labelled(run).information)
    return _entry(found.pop("value"), len(labelled(run).rows), 1, **found)


def _switched(way: str, key: str) -> Callable[[Measurement], Entry]:
    def figure(run: Measurement) -> Entry:
        judged = labelled(run)
        found = getattr(judged, way)
        curve = [asdict(switch) for switch in found]
        as_it_is = next(point for point in curve if point["strength"] == 1.0)
        judge = judged.accuracy(judged.tokens, judged.labels)
        return _entry(as_it_is[key], len(judged.rows), curve=curve, judge=judge)

    return figure


FIGURES: dict[str, Callable[[Measurement], Entry]] = {
    "distortion": _distortion,
    "rate": _rate,
    "elbo": _elbo,
    "elbo_ppl": _elbo_ppl,
    "mutual_information": _mutual_information,
    "marginal_kl": _marginal_kl,
    "prior_gain": _prior_gain,
    "active_units": _active_units,
    "shuffled_z_gap": _shuffled_z_gap,
    "prior_z_gap": _prior_z_gap,
    "bleu": _reconstruction(reconstruction.bleu),
    "exact_match": _reconstruction(reconstruction.exact_match),
    "token_accuracy": _reconstruction(reconstruction.token_accuracy),
    "cycle_distance": _cycle_distance,
    "caption_retrieval_p1": _retrieval(0),
    "caption_retrieval_r10": _retrieval(1),
    "novelty": _novelty,
    "nearest_training": _nearest_training,
    "self_bleu": _self_bleu,
    "distinct_1": _distinct(1),
    "distinct_2": _distinct(2),
    "forward_perplexity": _forward_perplexity,
    "reverse_perplexity": _reverse_perplexity,
    "interpolation_linear_distinct": _path("linear", "distinct"),
    "interpolation_linear_largest_step": _path("linear", "largest_step"),
    "interpolation_linear_middle": _middle("linear"),
    "interpolation_spherical_distinct": _path("spherical", "distinct"),
    "interpolation_spherical_largest_step": _path("spherical", "largest_step"),
    "interpolation_spherical_middle": _middle("spherical"),
    "label_information": _label_information,
    "label_switch_accuracy": _switched("switches", "accuracy"),
    "label_switch_bleu": _switched("switches", "bleu"),
    "label_arithmetic_accuracy": _switched("moves", "accuracy"),
    "label_arithmetic_bleu": _switched("moves", "bleu"),
    "importance_nll": _importance_nll,
    "importance_ppl": _importance_ppl,
}
"""In the order they are measured: the slowest last."""
