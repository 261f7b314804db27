"""Measures of interpolations: a function for each of `PATH_METRICS`."""

from collections.abc import Callable, Sequence

from explorer.evaluation import interpolations, samples
from explorer.evaluation.applicability import NotApplicable, Reason
from explorer.evaluation.context import EvaluationContext
from explorer.evaluation.metric_definition import MetricResult
from explorer.evaluation.metric_results import result

Measure = Callable[[EvaluationContext], MetricResult]
Sentences = Sequence[Sequence[str]]


def _need_paths(context: EvaluationContext) -> None:
    context.need_latent()
    context.need_two()


def _path(name: str, key: str) -> Measure:
    def figure(context: EvaluationContext) -> MetricResult:
        _need_paths(context)
        smoothness = context.smoothness[name]
        if key == "distinct":
            return result(smoothness.distinct, smoothness.paths)
        if smoothness.largest_step is None:
            raise NotApplicable(
                Reason.SAME_ENDS, "both ends of every path decode to the same sentence"
            )
        return result(smoothness.largest_step, smoothness.leading)

    return figure


def _middle(name: str) -> Measure:
    def figure(context: EvaluationContext) -> MetricResult:
        _need_paths(context)
        judge = context.language_model
        if judge is None:
            raise NotApplicable(
                Reason.NO_LANGUAGE_MODEL, "no language model was given: use --language-model"
            )
        paths = context.paths[name]
        ends = context.judged(judge, [path[end] for path in paths for end in (0, -1)])
        return result(context.judged(judge, middles(paths)), len(paths), reference=ends)

    return figure


def _middle_length(name: str) -> Measure:
    def figure(context: EvaluationContext) -> MetricResult:
        _need_paths(context)
        paths = context.paths[name]
        ends = mean_length([path[end] for path in paths for end in (0, -1)])
        return result(mean_length(middles(paths)), len(paths), reference=ends)

    return figure


def _middle_distinct(name: str) -> Measure:
    def figure(context: EvaluationContext) -> MetricResult:
        _need_paths(context)
        paths = context.paths[name]
        # As many sentences as midpoints: the fraction falls with their number.
        ends = samples.distinct_n([path[0] for path in paths], 2)
        return result(samples.distinct_n(middles(paths), 2), len(paths), reference=ends)

    return figure


def middles(paths: Sequence[Sentences]) -> list[Sequence[str]]:
    """The sentence halfway along each path."""
    return [path[interpolations.POINTS // 2] for path in paths]


def mean_length(sentences: Sentences) -> float:
    """Mean number of words."""
    return sum(map(len, sentences)) / len(sentences)


linear_distinct = _path("linear", "distinct")
linear_largest_step = _path("linear", "largest_step")
linear_middle = _middle("linear")
linear_middle_length = _middle_length("linear")
linear_middle_distinct_2 = _middle_distinct("linear")
spherical_distinct = _path("spherical", "distinct")
spherical_largest_step = _path("spherical", "largest_step")
spherical_middle = _middle("spherical")
spherical_middle_length = _middle_length("spherical")
spherical_middle_distinct_2 = _middle_distinct("spherical")
