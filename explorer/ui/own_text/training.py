"""A training on a person's text before it starts: what is suggested, why, its time."""

import streamlit as st

from explorer.config import Config
from explorer.errors import ExplorerError
from explorer.explore.text_fit import Fit
from explorer.models.encoder_catalog import lacking
from explorer.system.durations import rough_duration
from explorer.training.auxiliary_recipe import TEACHER
from explorer.training.suggest_recipe import SIZES
from explorer.ui.components.escaping import markdown, message
from explorer.workspace import texts, train_text
from explorer.workspace.train_text import Plan, Timing

CHOSEN = "train"
"""The map whose training is being planned; also in the address."""

_FROM, _SIZE, _EPOCHS = "train_from", "train_size", "train_epochs"
_MEANING = "train_meaning"
_TRAINED, _NOTHING = "A trained run", "Nothing"
_SECONDS = 1.0
_MAX_EPOCHS = 200


def chosen() -> str:
    """The map whose training is being planned."""
    return st.query_params.get(CHOSEN, "")


def choose(name: str) -> None:
    """Opens the plan of a training, or closes it."""
    for key in (_FROM, _SIZE, _EPOCHS, _MEANING):
        st.session_state.pop(key, None)
        st.query_params.pop(key, None)
    if name:
        st.query_params[CHOSEN] = name
    else:
        st.query_params.pop(CHOSEN, None)


def plan(name: str, config: Config, fit: Fit | None) -> None:
    """Shows the plan for the text of a map."""
    origin = str(config.model.weights_of.get("run", ""))
    start, reason = train_text.suggestion(
        texts.count(name), origin, None if fit is None else fit.known
    )
    st.caption(message(reason))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        wanted = Plan.of(config, name, *_start(origin, bool(start)), _by_meaning())
    st.fragment(_timed)(wanted)


def _start(origin: str, is_warm: bool) -> tuple[str, str]:
    """The run to start from, and the size of a model that starts from nothing."""
    how = st.segmented_control(
        "Start from",
        [_TRAINED, _NOTHING],
        default=_TRAINED if is_warm else _NOTHING,
        format_func=lambda item: markdown(origin) if item == _TRAINED else item,
        key=_FROM,
        bind="query-params",
        on_change=_forget_epochs,
        required=True,
    )
    size = ""
    if how == _NOTHING:
        size = st.segmented_control(
            "Size",
            SIZES,
            default=SIZES[0],
            format_func=str.capitalize,
            key=_SIZE,
            bind="query-params",
            on_change=_forget_epochs,
            required=True,
            help="LSTMs of 128, 256 or 512 units, and 16, 32 or 64 latent dimensions.",
        )
    return (origin, "") if how == _TRAINED else ("", str(size or SIZES[0]))


def _by_meaning() -> bool:
    """Whether the training learns from a sentence encoder, where one is at hand."""
    reason = lacking(TEACHER)
    is_on = st.toggle(
        "Include meaning",
        not reason,
        key=_MEANING,
        bind="query-params",
        disabled=bool(reason),
        help="During training, the model learns semantic similarity from MiniLM: sentences of "
        "similar meaning become neighbours. The trained run does not need MiniLM"
        + (f"; {markdown(reason)}." if reason else "."),
    )
    return is_on and not reason  # an address may ask for it where it cannot be had


def _forget_epochs() -> None:
    """Another recipe has another number of epochs."""
    st.session_state.pop(_EPOCHS, None)
    st.query_params.pop(_EPOCHS, None)


def _timed(wanted: Plan) -> None:
    """The time of a plan, measured beside the page, and the button that starts it."""
    timing = train_text.timing(wanted)
    if timing.estimate is None:
        _waiting(wanted, timing)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        epochs = st.number_input(
            "Epochs",
            1,
            _MAX_EPOCHS,
            timing.estimate.epochs,
            key=_EPOCHS,
            bind="query-params",
            width=140,
            help="Passes over the sentences. The weights of the best epoch are used.",
        )
        is_asked = st.button("Train", type="primary", icon=":material/model_training:")
    st.markdown(_sentence(timing, int(epochs)))
    if timing.is_shared:
        st.caption("A training is running, so the time estimate is waiting for it.")
    if is_asked:
        train_text.start(wanted, int(epochs))
        choose("")
        st.rerun()


def _waiting(wanted: Plan, timing: Timing) -> None:
    """What is shown until a plan is timed."""
    if timing.problem:
        st.error(message(timing.problem))
        if st.button("Measure again", icon=":material/timer:"):
            train_text.again(wanted)
            st.rerun(scope="fragment")
        return

    @st.fragment(run_every=_SECONDS)
    def wait() -> None:
        now = train_text.timing(wanted)
        if now.estimate is not None or now.problem:
            st.rerun()
        st.caption(":material/timer: Timing a few steps on this machine…")

    wait()


def _sentence(timing: Timing, epochs: int) -> str:
    estimate = timing.estimate
    if estimate is None:
        raise ExplorerError("the training has not been timed yet")
    parts = [timing.seconds(epochs), timing.before, estimate.seconds(epochs), timing.finish]
    whole, before, training, after = map(rough_duration, parts)
    embedding = f"{before} to embed the sentences, " if timing.before else ""
    return (
        f"About **{whole}** on this machine: {embedding}{training} for {epochs} epochs of "
        f"{estimate.sentences:,} sentences, then {after} to evaluate the model and draw its map."
    )
