"""How far prior and aggregate posterior are apart, and what a fitted prior saves."""

import streamlit as st

from explorer.evaluation.metrics import METRICS, written
from explorer.explore.run import Run
from explorer.runs import folder as folders
from explorer.ui.components import download_buttons
from explorer.ui.components.escaping import code, markdown, minus


def marginal_kl(run: Run) -> None:
    """How far prior and aggregate posterior are apart, with its interval."""
    if not run.model.latent.has_rate:
        return
    entry = run.metrics.get("marginal_kl", {})
    low, high = entry.get("low"), entry.get("high")
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        evaluate = folders.command("evaluate", run.folder)
        st.info(f"{code(evaluate)} measures how far prior and sentences are apart.")
        return
    told = markdown(METRICS["marginal_kl"].sentence)
    interval = minus(f"{written(low)} and {written(high)} nats")
    st.markdown(f"**Marginal KL: between {interval}**", help=told)
    resolved = (
        ""
        if entry.get("resolved")
        else f" {entry['n']:,} sentences cannot tell it more exactly: the upper figure is biased "
        "upwards by their finite number."
    )
    if written(low).startswith("-"):
        resolved += " A KL is at least 0, so that the lower figure says nothing here."
    st.caption(
        "KL(q(z) ‖ p(z)), nats: what another prior could save at most with encoder and decoder "
        f"as they are.{resolved} Runs of different rate do not compare."
    )
    _gain(run)
    command = run.metrics.get("command")
    download_buttons.reproduced_by(command if isinstance(command, str) else "")


def _gain(run: Run) -> None:
    entry = run.metrics.get("prior_gain", {})
    numbers = [entry.get(key) for key in ("value", "low", "high")]
    if not all(isinstance(number, int | float) for number in numbers):
        return
    saved, low, high = (minus(written(number)) for number in numbers)
    st.markdown(
        f"**Fitted afterwards, this prior saves {saved} nats** of the rate (95% {low} to {high}).",
        help=markdown(METRICS["prior_gain"].sentence),
    )
