"""The marginal KL between aggregate posterior and prior, and the gain of a fitted prior."""

import streamlit as st

from explorer.evaluation.metric_text import interval
from explorer.evaluation.metrics import METRICS, written
from explorer.explore.run import Run
from explorer.runs import folder as folders
from explorer.ui.components import download_buttons
from explorer.ui.components.escaping import code, markdown, minus


def marginal_kl(run: Run) -> None:
    """The marginal KL with its interval, and the gain of a prior fitted afterwards."""
    if not run.model.latent.has_rate:
        return
    entry = run.metrics.get("marginal_kl", {})
    low, high = entry.get("low"), entry.get("high")
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        evaluate = folders.command("evaluate", run.folder)
        st.info(f"{code(evaluate)} measures the KL divergence between sentences and prior.")
        return
    definition = markdown(METRICS["marginal_kl"].sentence)
    interval = minus(f"{written(low)} and {written(high)} nats")
    st.markdown(f"**Marginal KL: between {interval}**", help=definition)
    resolved = (
        ""
        if entry.get("resolved")
        else f" Not resolved with {entry['n']:,} sentences: a finite sample biases the upper "
        "bound upwards."
    )
    if written(low).startswith("-"):
        resolved += " A KL divergence is at least 0, so the lower bound is uninformative here."
    st.caption(
        "KL(q(z) ‖ p(z)), nats: the most that another prior could save with this encoder and "
        f"decoder.{resolved} Not comparable between runs of different rate."
    )
    _gain(run)
    command = run.metrics.get("command")
    download_buttons.reproduced_by(command if isinstance(command, str) else "")


def _gain(run: Run) -> None:
    entry = run.metrics.get("prior_gain", {})
    numbers = [entry.get(key) for key in ("value", "low", "high")]
    if not all(isinstance(number, int | float) for number in numbers):
        return
    saved, low, high = numbers
    saved, ends = minus(written(saved)), interval(low, high)
    st.markdown(
        f"**Fitted afterwards, this prior saves {saved} nats** of the rate (95% {ends}).",
        help=markdown(METRICS["prior_gain"].sentence),
    )
