"""The thought experiment on a page: trained when asked for, told in numbers and in a sentence."""

from collections.abc import Mapping

import streamlit as st

from explorer.explore.thought_experiment import DECODERS, ENTROPY, Decoder, Outcome, train
from explorer.ui.components import download_buttons, reproduce
from explorer.ui.components.escaping import plain

_DONE = "_thought"
_WORTH = 0.2
"""Nats that z has to save before it is said to be of use."""


def show() -> None:
    """The question, a button, and the answer once it was trained."""
    st.markdown(
        "A corpus of three sentences, equally often: `a a a`, `b b b`, `c c c`. Whoever has read "
        "the first word knows the others. Two decoders, each with and without a latent z:\n"
        "- one **reads the words before** the one it says. It must be told log 3 = "
        f"{ENTROPY:.2f} nats once, and its own first word tells it: z cannot save it anything.\n"
        "- one **reads nothing** (word dropout 1.0). Without z it pays log 3 at each of the three "
        f"words, {3 * ENTROPY:.2f} nats; with z it is told once."
    )
    seed = _controls()
    outcomes = st.session_state.get(_DONE)
    if outcomes is None:
        st.caption("Nothing is trained yet: four tiny models, some 20 seconds on a laptop.")
        return
    if seed is not None and next(iter(outcomes)) != seed:
        st.caption(f"Below: seed {next(iter(outcomes))}. The button trains with seed {seed}.")
    _answer(*next(iter(outcomes.items())))


def _controls() -> int | None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seed = st.number_input(
            "Seed", 0, 999, 0, key="thought_seed", width=130,
            help="Of first weights, batches and noise. The same seed gives the same figures.",
        )  # fmt: skip
        pressed = st.button(
            "Train the four", type="primary", icon=":material/play_arrow:", key="thought_train"
        )
    if pressed:
        st.session_state[_DONE] = {seed: _trained(int(seed))}
    return seed


def _trained(seed: int) -> dict[Decoder, Outcome]:
    """All four, with a bar that moves."""
    bar = st.progress(0.0, "Getting ready…")
    outcomes = {}
    for number, decoder in enumerate(DECODERS):
        text = f"Training {number + 1} of {len(DECODERS)}: {_name(decoder)}, {_given(decoder)}"

        def moved(share: float, number: int = number, text: str = text) -> None:
            bar.progress(min(1.0, (number + share) / len(DECODERS)), text)

        outcomes[decoder] = train(decoder, seed, moved)
    bar.empty()
    return outcomes


def _answer(seed: int, outcomes: Mapping[Decoder, Outcome]) -> None:
    from explorer.ui.collapse import charts

    for reads in (True, False):
        st.markdown(_sentence(reads, outcomes))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        columns = _columns(outcomes)
        st.dataframe(columns, hide_index=True, height="content", placeholder="–")
        command = reproduce.thought(seed)
        download_buttons.table_files(columns, "thought-experiment", "thought_table", command)
        st.caption(
            "β = 1 from the first step. *Least* is what the arithmetic allows; a Gaussian "
            "posterior needs a little more, since three Gaussians do not add up to the prior."
        )
    with right:
        ways = {decoder: found.way for decoder, found in outcomes.items() if decoder.latent}
        top = 1.08 * max(3 * ENTROPY, *(way[0][1] for way in ways.values()))
        download_buttons.chart(
            charts.plane(ways, min(top, 6.0)),
            "thought_plane",
            "Rate and distortion of the two decoders with z along their training",
            command,
            "thought-experiment",
        )
        st.caption(
            "Along the blue line each nat of rate saves one of distortion: −ELBO is the same "
            "everywhere on it, and nothing pulls towards z. Along the orange line it saves three."
        )
    _said(outcomes)


def _columns(outcomes: Mapping[Decoder, Outcome]) -> dict[str, list[object]]:
    rows = list(outcomes.values())
    return {
        "decoder": [f"{_name(row.decoder)}, {_given(row.decoder)}" for row in rows],
        "−ELBO, nats": [round(row.bound, 2) for row in rows],
        "least": [round(row.decoder.needed, 2) for row in rows],
        "rate": [round(row.rate, 2) if row.decoder.latent else None for row in rows],
        "distortion": [round(row.distortion, 2) for row in rows],
        "shuffled-z gap": [round(row.gap, 2) if row.decoder.latent else None for row in rows],
    }


def _sentence(reads: bool, outcomes: Mapping[Decoder, Outcome]) -> str:
    """What z saves a decoder, and why."""
    without, given = (outcomes[Decoder(reads, latent)] for latent in (False, True))
    saved = without.bound - given.bound
    told = f"−ELBO {without.bound:.2f} nats without z, {given.bound:.2f} with it"
    if reads and saved < _WORTH:
        return (
            f"- **Reads the words: z saves {max(saved, 0.0):.1f} nats** ({told}). A rate of "
            f"{given.rate:.2f} nats is left of what z could say: nothing asks for it."
        )
    if saved >= _WORTH:
        name = "Reads the words" if reads else "Reads nothing"
        return f"- **{name}: z saves {saved:.1f} nats** ({told}), at a rate of {given.rate:.2f}."
    return (
        f"- **Reads nothing, and has not found z** ({told}). It needs z, but with β = 1 from the "
        "first step z was dropped before it said anything: that is what annealing is for. Try "
        "another seed."
    )


def _said(outcomes: Mapping[Decoder, Outcome]) -> None:
    st.markdown("**What they say**")
    if (
        len({tuple(found.reconstructions) for found in outcomes.values() if found.decoder.latent})
        < 2
    ):
        st.caption(
            "Both say the same: the words do not tell which decoder needs z, the figures above do."
        )
    for column, decoder in zip(
        st.columns(2), [item for item in outcomes if item.latent], strict=True
    ):
        found = outcomes[decoder]
        with column:
            st.caption(f"{_name(decoder)}, with z: each sentence reconstructed through z")
            pairs = (f"{meant} → {said}" for meant, said in found.reconstructions)
            st.html("".join(plain(pair) for pair in pairs))
            st.caption("Drawn from the prior")
            st.html(plain(" · ".join(found.samples), quiet=True))


def _name(decoder: Decoder) -> str:
    return "Reads the words" if decoder.reads else "Reads nothing"


def _given(decoder: Decoder) -> str:
    return "with z" if decoder.latent else "without z"
