"""The toy experiment: four models trained on request, compared in numbers and in words."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from explorer.explore.thought_experiment import (
    DECODERS,
    DEFAULT_SEED,
    ENTROPY,
    SECONDS,
    Decoder,
    Outcome,
    train,
)
from explorer.system.background import Job
from explorer.ui.components import download_buttons, job_progress, reproduce
from explorer.ui.components.escaping import plain

_DONE, _JOB = "_thought", "_thought_job"
_MIN_SAVING = 0.2
"""Nats that z has to save to count as useful."""

Trajectories = dict[Decoder, list[tuple[float, float]]]


@dataclass(frozen=True)
class Training:
    """The four trainings with one seed, in the background, and their curves so far."""

    seed: int
    trajectories: Trajectories
    job: Job[dict[Decoder, Outcome]]


def start(seed: int) -> Training:
    """Trains all four, one after the other."""
    trajectories: Trajectories = {}

    def work(job: Job[dict[Decoder, Outcome]]) -> dict[Decoder, Outcome]:
        outcomes = {}
        for number, decoder in enumerate(DECODERS):
            note = f"{number + 1} of {len(DECODERS)}, {_name(decoder)} {_given(decoder)}"

            def report(fraction: float, number: int = number, note: str = note) -> None:
                job.report((number + fraction) / len(DECODERS), note)

            trajectories[decoder] = []
            begun = outcomes.get(Decoder(decoder.reads, latent=False)) if decoder.latent else None
            outcomes[decoder] = train(decoder, seed, report, trajectories[decoder], begun)
        return outcomes

    return Training(seed, trajectories, Job(work))


def show() -> None:
    """The question, a button, the curves while it trains, and the answer."""
    st.markdown(
        "A corpus of three equally frequent sentences: `a a a`, `b b b`, `c c c`. The first "
        "word determines the others. Two decoders, each with and without a latent z:\n- an "
        f"**autoregressive** decoder sees the previous words. It pays log 3 = {ENTROPY:.2f} nats "
        "for the first word and nothing after it: z cannot save anything.\n- a "
        "**non-autoregressive** decoder sees no words (word dropout 1.0). Without z it pays log "
        f"3 for each of the three words, {3 * ENTROPY:.2f} nats; with z it pays log 3 only "
        "once.\n\nEach is first trained without z; then z is added and training continues with β "
        "= 1."
    )
    known = st.session_state
    training: Training | None = known.get(_JOB)
    if training is not None and training.job.is_done:
        outcomes = training.job.result
        if outcomes is not None:
            known[_DONE] = {training.seed: outcomes}
        known[_JOB] = training = None
    seed = _controls(training is not None)
    if training is not None:
        title = f"Training, seed {training.seed}"
        job_progress.show(training.job, "thought_stop", title, lambda: _curves(training))
        return
    outcomes = known.get(_DONE)
    if outcomes is None:
        return
    if seed is not None and next(iter(outcomes)) != seed:
        st.caption(f"Below: seed {next(iter(outcomes))}. The button trains seed {seed}.")
    _answer(*next(iter(outcomes.items())))


def _controls(is_training: bool) -> int | None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seed = st.number_input(
            "Seed", 0, 999, DEFAULT_SEED, key="thought_seed", width=130, disabled=is_training,
            help="Seed of the initial weights, batches and noise. The same seed gives the same "
                 f"results. Seed {DEFAULT_SEED} is typical: its final rate is the median of "
                 "seeds 0 to 9.",
        )  # fmt: skip
        st.button(
            f"Train the four toy models (about {SECONDS} s)",
            type="primary",
            icon=":material/play_arrow:",
            key="thought_train",
            disabled=is_training,
            on_click=_start,
        )
    return seed


def _start() -> None:
    st.session_state[_JOB] = start(int(st.session_state["thought_seed"]))


def _curves(training: Training) -> None:
    """Rate and −ELBO of the trainings so far."""
    from explorer.ui.collapse import charts

    st.plotly_chart(
        charts.toy_curves({key: list(value) for key, value in training.trajectories.items()}),
        key="thought_live",
        config={"displayModeBar": False},
        alt="Rate and −ELBO of the toy models during training",
    )


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
            "*Optimum* is the theoretical minimum; a Gaussian posterior needs slightly more, "
            "because a mixture of three Gaussians does not equal the prior."
        )
    with right:
        trajectories = {
            decoder: outcome.trajectory for decoder, outcome in outcomes.items() if decoder.latent
        }
        top = 1.08 * max(3 * ENTROPY, *(points[0][1] for points in trajectories.values()))
        download_buttons.chart(
            charts.plane(trajectories, min(top, 6.0)),
            "thought_plane",
            "Rate and distortion of the two decoders with z during training",
            command,
            "thought-experiment",
        )
        st.caption(
            "Along the blue line each nat of rate saves one nat of distortion: −ELBO is constant, "
            "so nothing favours z. Along the orange line each nat of rate saves three."
        )
    _examples(outcomes)


def _columns(outcomes: Mapping[Decoder, Outcome]) -> dict[str, list[object]]:
    rows = list(outcomes.values())
    return {
        "decoder": [f"{_name(row.decoder)}, {_given(row.decoder)}" for row in rows],
        "−ELBO, nats": [round(row.bound, 2) for row in rows],
        "optimum": [round(row.decoder.needed, 2) for row in rows],
        "rate": [round(row.rate, 2) if row.decoder.latent else None for row in rows],
        "distortion": [round(row.distortion, 2) for row in rows],
        "shuffled-z gap": [round(row.gap, 2) if row.decoder.latent else None for row in rows],
    }


def _sentence(reads: bool, outcomes: Mapping[Decoder, Outcome]) -> str:
    """How many nats z saves a decoder, and why."""
    without, given = (outcomes[Decoder(reads, latent)] for latent in (False, True))
    saved = without.bound - given.bound
    bounds = f"−ELBO {without.bound:.2f} nats without z, {given.bound:.2f} with it"
    if reads and saved < _MIN_SAVING:
        return (
            f"- **Autoregressive: z saves {max(saved, 0.0):.1f} nats** ({bounds}). The final "
            f"rate is {given.rate:.2f} nats: nothing rewards using z."
        )
    if saved >= _MIN_SAVING:
        name = "Autoregressive" if reads else "Non-autoregressive"
        return f"- **{name}: z saves {saved:.1f} nats** ({bounds}), at a rate of {given.rate:.2f}."
    return (
        f"- **Non-autoregressive, yet z collapsed** ({bounds}). This decoder needs z, but with "
        "β = 1 from the first step the rate was driven to 0 before the decoder learned to use z: "
        "KL annealing can prevent this. Try another seed."
    )


def _examples(outcomes: Mapping[Decoder, Outcome]) -> None:
    st.markdown("**Reconstructions and samples**")
    if (
        len(
            {
                tuple(outcome.reconstructions)
                for outcome in outcomes.values()
                if outcome.decoder.latent
            }
        )
        < 2
    ):
        st.caption(
            "Both give the same reconstructions: only the numbers above show which decoder "
            "needs z."
        )
    for column, decoder in zip(
        st.columns(2), [item for item in outcomes if item.latent], strict=True
    ):
        outcome = outcomes[decoder]
        with column:
            st.caption(f"{_name(decoder)}, with z: each sentence and its reconstruction")
            pairs = (f"{sentence} → {decoded}" for sentence, decoded in outcome.reconstructions)
            st.html("".join(plain(pair) for pair in pairs))
            st.caption("Prior samples")
            st.html(plain(" · ".join(outcome.samples), quiet=True))


def _name(decoder: Decoder) -> str:
    return "Autoregressive" if decoder.reads else "Non-autoregressive"


def _given(decoder: Decoder) -> str:
    return "with z" if decoder.latent else "without z"
