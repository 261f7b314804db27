"""The metrics of interpolations, the same for linear and for spherical paths."""

from explorer.evaluation.metric_definition import Metric

_ENDS = "the ends"


def _metrics(name: str) -> dict[str, Metric]:
    title, key = f"{name.title()} paths", f"interpolation_{name}"
    return {
        f"{key}_distinct": Metric(
            f"{title}: sentences",
            "sentences of 11",
            "higher",
            "Distinct sentences on the path between two held-out ones, mean over pairs.",
            f"path_measures:{name}_distinct",
        ),
        f"{key}_largest_step": Metric(
            f"{title}: largest leap",
            "share of the ends' distance",
            "lower",
            "Largest edit distance of a single step, relative to that between the ends; mean "
            "over pairs.",
            f"path_measures:{name}_largest_step",
        ),
        f"{key}_middle": Metric(
            f"{title}: perplexity halfway",
            "per word",
            "reference",
            "Perplexity of the midpoints under a language model of real text; compare with that "
            "of the decoded ends. If it is higher, the path passes through less likely "
            "sentences; if lower, through stock phrases.",
            f"path_measures:{name}_middle",
            reference=_ENDS,
        ),
        f"{key}_middle_length": Metric(
            f"{title}: length halfway",
            "words",
            "reference",
            "Mean number of words of the midpoints; compare with that of the decoded ends.",
            f"path_measures:{name}_middle_length",
            reference=_ENDS,
        ),
        f"{key}_middle_distinct_2": Metric(
            f"{title}: distinct pairs halfway",
            "share, 0 to 1",
            "reference",
            "Distinct word pairs divided by all word pairs of the midpoints; compare with those "
            "of one end of each path. Lower if different paths pass through the same phrases.",
            f"path_measures:{name}_middle_distinct_2",
            "Li et al. (2016), arXiv:1510.03055",
            reference=_ENDS,
        ),
    }


PATH_METRICS = {**_metrics("linear"), **_metrics("spherical")}
"""In the order they are measured and shown."""
