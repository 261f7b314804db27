"""Metrics of caption retrieval, by posterior means and by samples of the posterior."""

from collections.abc import Callable

from explorer.evaluation.applicability import NotApplicable, Reason
from explorer.evaluation.context import EvaluationContext
from explorer.evaluation.metric_definition import MetricResult
from explorer.evaluation.metric_results import error_of, result
from explorer.evaluation.retrieval import QueryScores

Measure = Callable[[EvaluationContext], MetricResult]


def _need_groups(context: EvaluationContext) -> None:
    context.need_latent()
    if context.part:
        raise NotApplicable(Reason.PARTIAL_SPLIT, f"needs the whole split, not {context.part}")
    groups = context.held_out.groups
    if groups is None or len(set(groups)) == len(groups):
        raise NotApplicable(
            Reason.NO_GROUPS, "no two sentences of this corpus belong to the same group"
        )


def _by_means(score: str) -> Measure:
    def measure(context: EvaluationContext) -> MetricResult:
        _need_groups(context)
        baselines = {
            name: getattr(scores, score) for name, scores in context.retrieval_baselines.items()
        }
        entry = _entry(context, context.retrieval_by_means, score)
        return entry | {"baselines": baselines}

    return measure


def _by_samples(score: str) -> Measure:
    def measure(context: EvaluationContext) -> MetricResult:
        _need_groups(context)
        context.need_rate()
        scores, spread = context.sampled_retrieval
        entry = _entry(context, scores, score, len(context.z_draws))
        baseline = getattr(context.retrieval_baselines["random"], score)
        return entry | {"sd": getattr(spread, score), "baselines": {"random": baseline}}

    return measure


def _entry(
    context: EvaluationContext, scores: QueryScores, score: str, samples: int = 0
) -> MetricResult:
    values, groups = getattr(scores, score), context.held_out.groups
    assert groups is not None
    error = error_of(values, [groups[row] for row in scores.rows])
    return result(float(values.mean()), context.n, samples, **error)


p1, p1_sampled = _by_means("p1"), _by_samples("p1")
r10, r10_sampled = _by_means("r10"), _by_samples("r10")
