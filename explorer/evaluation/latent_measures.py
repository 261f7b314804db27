"""Metrics of how much z holds: information, active units, gaps of other sentences' z."""

import math
from dataclasses import replace

from explorer.evaluation import latent_use
from explorer.evaluation.applicability import NotApplicable, NotRelevant, Reason
from explorer.evaluation.context import EvaluationContext
from explorer.evaluation.metric_definition import MetricResult
from explorer.evaluation.metric_results import mean, mean_result, result
from explorer.evaluation.prior_diagnostics import is_standard_normal
from explorer.models.random_streams import generator, others, sample
from explorer.training import prior_fitting


def mutual_information(context: EvaluationContext) -> MetricResult:
    context.need_rate()
    context.need_two()
    information = _information(context)
    return _interval(information, information.low)


def marginal_kl(context: EvaluationContext) -> MetricResult:
    context.need_rate()
    context.need_two()
    gap = latent_use.marginal_kl(mean(context.rates.sum(1)), _information(context))
    return _interval(gap, gap.high)


def _information(context: EvaluationContext) -> latent_use.Interval:
    """Mutual information; its upper bound is the rate where no two posteriors overlap."""
    information = context.information
    if math.isfinite(information.high):
        return information
    return replace(information, high=mean(context.rates.sum(1)))


def prior_gain(context: EvaluationContext) -> MetricResult:
    if context.trained_under is None or not context.model.latent.has_rate:
        raise NotRelevant("its prior is the one it was trained with")
    context.need_two()
    gain = prior_fitting.gain(
        context.model,
        context.trained_under,
        context.held_out.ids,
        context.seed,
        context.held_out.groups,
    )
    return result(gain.mean, context.n, prior_fitting.SAMPLES, low=gain.low, high=gain.high)


def _interval(interval: latent_use.Interval, value: float) -> MetricResult:
    entry = result(value, interval.n, latent_use.DRAWS, low=interval.low, high=interval.high)
    spread = {} if interval.sd is None else {"sd": interval.sd}
    return entry | spread | {"resolved": interval.is_resolved}


def active_units(context: EvaluationContext) -> MetricResult:
    context.need_latent()
    model = context.model
    if not model.latent.has_units:
        raise NotApplicable(Reason.NO_UNITS, model.latent.without_units)
    context.need_two()
    mean = context.posterior.mean
    details = {
        "of": model.latent_dim,
        "criterion": "variance",
        "variances": latent_use.unit_variances(mean).tolist(),
    }
    # Without a rate there is no width to compare with; without N(0, I) no unit of z.
    if not model.latent.has_rate or is_standard_normal(model.prior()):
        return result(latent_use.active_units(mean), context.n, **details)
    ratios = latent_use.activity_ratios(mean, context.posterior.stddev)
    units = int((ratios > latent_use.ACTIVE_RATIO).sum())
    details |= {"criterion": "variance_ratio", "variance_ratios": ratios.tolist()}
    return result(units, context.n, **details)


def shuffled_z_gap(context: EvaluationContext) -> MetricResult:
    context.need_latent()
    context.need_two()
    other = others(context.n, generator(context.seed, "shuffle"))
    return mean_result(
        context.distortions_at(context.z[other]) - context.distortions, context.held_out.groups, 1
    )


def prior_z_gap(context: EvaluationContext) -> MetricResult:
    context.need_latent()
    context.need_density()
    z = sample(context.model.prior(), context.n, generator(context.seed, "prior gap"))
    return mean_result(context.distortions_at(z) - context.distortions, context.held_out.groups, 1)
