"""How much each dimension of a run holds, and all of them together."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from explorer.config import final_model
from explorer.evaluation.metrics import METRICS, written
from explorer.evaluation.verdict import value_of
from explorer.explore.dimension_rates import rates_by_dimension
from explorer.explore.run import Run
from explorer.runs import folder as folders
from explorer.ui.collapse import charts
from explorer.ui.components import download_buttons
from explorer.ui.components.escaping import code, markdown, minus


def show(run: Run) -> None:
    """Rate and variance of each dimension, and the interval of the mutual information."""
    rates, variances, note = by_dimension(run)
    command = _command(run)
    if rates:
        left, right = st.columns(2, gap="medium")
        with left:
            st.markdown(
                "**Rate of each dimension**",
                help="KL of the posterior from the prior in each dimension, mean over sentences. "
                "A dimension at 0 carries no information.",
            )
            alt = f"Bars: rate of {len(rates)} dimensions, {sum(rates):.2f} nats in total"
            download_buttons.chart(charts.rates(rates), "rate_bars", alt, command)
    else:
        st.caption(_why_no_rates(run))
        right = st.container()
    with right:
        _variances(variances, _listed(run.metrics, "active_units", "variance_ratios"), command)
    if note:
        st.caption(note)
    _table(rates, variances, run)


def _variances(variances: Sequence[float], ratios: Sequence[float], command: str) -> None:
    """The quantity that decides which units are active."""
    if ratios:
        st.markdown(
            "**Variance of the posterior means, relative**",
            help="Var(mean) / (Var(mean) + E[σ²]) over sentences in each dimension. This prior "
            "leaves the scale of z free, so active units are those above 0.01.",
        )
    else:
        st.markdown(
            "**Variance of the posterior means**",
            help="Variance over sentences of the posterior mean in each dimension. Active units "
            "are those above 0.01 (Burda et al. 2016).",
        )
    if values := ratios or variances:
        alt = f"Bars on a logarithmic axis: variances of {len(values)} dimensions"
        figure = charts.variances(values, is_relative=bool(ratios))
        download_buttons.chart(figure, "variance_bars", alt, command)


def _why_no_rates(run: Run) -> str:
    """Why a run has no rate by dimension."""
    if run.kind == "autoencoder":
        return "An autoencoder has no rate: z is unconstrained."
    from explorer.models.priors import PRIORS  # torch takes seconds

    prior = PRIORS.get(final_model(run.config).prior["name"])
    if prior is None or prior.is_factorised:
        return "The rate of this model is not a sum over dimensions."
    kind = prior.title
    return f"Its prior is a {kind} over all dimensions jointly: the rate is not a sum over them."


def _table(rates: Sequence[float], variances: Sequence[float], run: Run) -> None:
    columns: dict[str, Sequence[Any]] = {}
    if rates:
        columns["rate_nats"] = rates
    if variances and (not rates or len(rates) == len(variances)):
        columns["variance_of_mean"] = variances
    ratios = _listed(run.metrics, "active_units", "variance_ratios")
    if columns and len(ratios) == len(next(iter(columns.values()))):
        columns["variance_ratio"] = ratios
    if columns:
        count = len(next(iter(columns.values())))
        columns = {"dimension": list(range(count)), **columns}
        name = f"{run.name}-dimensions"
        st.caption("Every dimension as a table:")
        download_buttons.table_files(columns, name, "dimension_table", _command(run))


def _command(run: Run) -> str:
    command = run.metrics.get("command")
    return command if isinstance(command, str) else folders.command("evaluate", run.folder)


def by_dimension(run: Run) -> tuple[list[float], list[float], str]:
    """Rates and variances from `metrics.json`, else from the sentences of the map.

    Returns:
        Rates (empty where the rate is not a sum over dimensions), variances, and a note on
        their source.
    """
    rates = _listed(run.metrics, "rate", "by_dimension")
    variances = _listed(run.metrics, "active_units", "variances")
    if variances or run.atlas is None:
        return rates, variances, ""
    variances = run.atlas.mean.var(axis=0, ddof=1, dtype=np.float64).tolist()
    evaluate = folders.command("evaluate", run.folder)
    note = (
        f"Per dimension, from the {len(run.atlas):,} sentences of the map: metrics.json of this "
        f"run lacks these values; {code(evaluate)} adds them."
    )
    return rates or rates_by_dimension(run), variances, note


def _listed(metrics: Mapping[str, Any], name: str, key: str) -> list[float]:
    entry = metrics.get(name)
    values = entry.get(key) if isinstance(entry, Mapping) else None
    if not isinstance(values, list) or not all(isinstance(v, int | float) for v in values):
        return []
    return [float(value) for value in values]


def information(run: Run) -> None:
    """The interval of the mutual information, its ceiling and its interpretation."""
    entry = run.metrics.get("mutual_information", {})
    low, high, n = entry.get("low"), entry.get("high"), entry.get("n")
    if not all(isinstance(value, int | float) for value in (low, high, n)):
        return
    st.markdown("**Mutual information**", help=markdown(METRICS["mutual_information"].sentence))
    ceiling = math.log(n)
    rate = value_of(run.metrics, "rate")
    figure = charts.information(low, high, ceiling, rate)
    between = minus(f"{written(low)} and {written(high)} nats")
    alt = f"Mutual information between {between}, ceiling {written(ceiling)}"
    download_buttons.chart(figure, "information", alt, _command(run))
    resolved = f"Not resolved: above log N − 1 = {ceiling - 1:.1f} the true value is unknown."
    if entry.get("resolved"):
        resolved = "Resolved: well below that ceiling."
    st.caption(
        f"Between **{between}** of the rate identify the sentence. With N = {n:,} sentences "
        f"the lower bound cannot exceed log N = {written(ceiling)}. {resolved}"
    )
