"""The settings of decoding, the same on every page."""

from collections.abc import Sequence

import streamlit as st

from explorer.explore.run import Run
from explorer.models.decoding_settings import Decoding

STRATEGIES = {
    "greedy": ("Greedy", "Always the likeliest word."),
    "sample": ("Sampling", "Draws words by their probability."),
    "top_k": ("Top-k", "Draws among the k likeliest words."),
    "nucleus": ("Nucleus", "Draws among the likeliest words that make up p of the mass."),
    "penalised": ("Penalised", "Draws, with repeated words made less likely."),
    "beam": ("Beam", "Keeps several sentences at once, and the likeliest in the end."),
}
"""Ways to decode: a name, which is also their value in the address, and what they do."""


def decode_settings(*runs: Run) -> None:
    """The settings of `decoding`, in a small window; those that the strategy and runs use."""
    with st.popover("Decoding", icon=":material/tune:"):
        strategy = st.selectbox(
            "Strategy",
            list(STRATEGIES),
            format_func=lambda name: STRATEGIES[name][0],
            key="strategy",
            bind="query-params",
            width=320,
        )
        st.caption(STRATEGIES[strategy][1])
        if labels := _labels(runs):
            chosen = st.selectbox(
                "Label the decoder is told",
                ("", *labels),
                format_func=lambda label: label or "none chosen",
                key="label",
                bind="query-params",
                help="z stays as it is. With none chosen, the map decodes a sentence with its own "
                "label; for all else the decoder is given the average of all labels.",
            )
            if chosen:
                st.slider(
                    "Strength", 0.0, 3.0, 1.0, 0.25, key="strength", bind="query-params",
                    help="1 is the label as it was trained, above 1 an exaggeration of it.",
                )  # fmt: skip
        if strategy in ("sample", "top_k", "nucleus", "penalised"):
            st.slider("Temperature", 0.1, 2.0, 1.0, 0.1, key="temperature", bind="query-params")
        if strategy == "top_k":
            st.slider("k: words drawn from", 1, 200, 40, key="top_k", bind="query-params")
        if strategy == "nucleus":
            st.slider("p: mass drawn from", 0.05, 1.0, 0.9, 0.05, key="top_p", bind="query-params")
        if strategy == "beam":
            st.slider("Sentences kept", 1, 20, 5, key="beam", bind="query-params")
        if strategy == "penalised":
            st.slider("Penalty", 1.0, 2.0, 1.2, 0.05, key="penalty", bind="query-params")
        st.number_input(
            "Seed", 0, 2**31 - 1, 0, key="seed", bind="query-params",
            help="The same seed draws the same words and the same samples.",
        )  # fmt: skip
        if any(run.vocabulary.has_unknown for run in runs):
            st.toggle("May say <unk>", key="unknown", bind="query-params")


def decoding(*runs: Run) -> Decoding:
    """What `decode_settings` are set to, as far as these runs know it."""
    known = st.session_state
    plain = Decoding()
    label = known.get("label", plain.label)
    is_known = label in _labels(runs)
    return Decoding(
        strategy=known.get("strategy", plain.strategy),
        temperature=known.get("temperature", plain.temperature),
        top_k=known.get("top_k", plain.top_k),
        top_p=known.get("top_p", plain.top_p),
        beam=known.get("beam", plain.beam),
        penalty=known.get("penalty", plain.penalty),
        allow_unknown=known.get("unknown", plain.allow_unknown),
        seed=known.get("seed", plain.seed),
        label=label if is_known else plain.label,
        strength=known.get("strength", plain.strength) if is_known else plain.strength,
    )


def _labels(runs: Sequence[Run]) -> tuple[str, ...]:
    """The labels all of these runs can be told; none where they differ."""
    told = {run.config.model.labels for run in runs}
    return told.pop() if len(told) == 1 else ()
