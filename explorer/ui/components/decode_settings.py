"""The settings of decoding, the same on every page."""

from collections.abc import Sequence

import streamlit as st

from explorer.explore.run import Run
from explorer.models.decoding_settings import RANGES, STRATEGIES, Decoding


def decode_settings(*runs: Run, is_corrected: bool = True) -> None:
    """A pop-over with the settings that the strategy and the runs use; `decoding` reads them.

    Args:
        runs: Those that decode.
        is_corrected: Whether several decodes of a point are tried for the nearest.
    """
    if runs and all(run.is_of_documents for run in runs):
        return  # ranked words: no strategy, no draws
    with st.popover("Decoding", icon=":material/tune:"):
        strategy = st.selectbox(
            "Strategy",
            list(STRATEGIES),
            format_func=lambda name: STRATEGIES[name].title,
            key="strategy",
            bind="query-params",
            width=320,
        )
        st.caption(STRATEGIES[strategy].help)
        if labels := _labels(runs):
            chosen = st.selectbox(
                "Label",
                ("", *labels),
                format_func=lambda label: label or "none",
                key="label",
                bind="query-params",
                help="Conditions the decoder; z is unchanged. If none is chosen, sentences of "
                "the map are decoded with their own label, everything else with the "
                "average of the labels.",
            )
            if chosen:
                st.slider(
                    "Strength", 0.0, 3.0, 1.0, 0.25, key="strength", bind="query-params",
                    help="1 is the label as trained; values above 1 exaggerate it.",
                )  # fmt: skip
        for name in STRATEGIES[strategy].settings:
            _slider(name)
        if is_corrected and (most := _candidates(runs)) > 1:
            st.slider(
                "Nearest of", 1, 32, most, key="candidates", bind="query-params",
                help="At most this many decodes of each point. Each is encoded again, the error "
                "corrects the next, and the one nearest to the point by cosine is shown. 1 "
                "decodes once. An empty location of a VAE is always decoded once.",
            )  # fmt: skip
        st.number_input(
            "Seed", 0, 2**31 - 1, 0, key="seed", bind="query-params",
            help="The same seed gives the same samples.",
        )  # fmt: skip
        if any(run.vocabulary.has_unknown for run in runs):
            st.toggle("Allow <unk>", key="unknown", bind="query-params")


def decoding(*runs: Run, is_corrected: bool = True) -> Decoding:
    """The settings chosen in `decode_settings`; a label only where these runs have it."""
    known = st.session_state
    plain = Decoding()
    label = known.get("label", plain.label)
    is_known = label in _labels(runs)
    chosen = {name: known.get(name, getattr(plain, name)) for name in ("strategy", *RANGES)}
    return Decoding(
        **chosen
        | {
            "nearest": _nearest(runs) if is_corrected else plain.nearest,
            "allow_unknown": known.get("unknown", plain.allow_unknown),
            "label": label if is_known else plain.label,
            "strength": chosen["strength"] if is_known else plain.strength,
        }
    )


def _slider(name: str) -> None:
    """A setting of a strategy."""
    limits = RANGES[name]
    assert limits.slider is not None
    low, high, step = limits.slider
    st.slider(
        limits.title, low, high, getattr(Decoding(), name), step, key=name, bind="query-params"
    )


def _candidates(runs: Sequence[Run]) -> int:
    """Decodes of which the nearest is taken by default; 1 where one run encodes none again.

    Half of what `reconstruct` tries: a person waits for them.
    """
    return max(1, min((run.candidates for run in runs), default=1) // 2)


def _nearest(runs: Sequence[Run]) -> int:
    default = _candidates(runs)
    return st.session_state.get("candidates", default) if default > 1 else 1


def _labels(runs: Sequence[Run]) -> tuple[str, ...]:
    """The labels all of these runs are conditioned on; none where they differ."""
    labels = {run.config.model.labels for run in runs}
    return labels.pop() if len(labels) == 1 else ()
