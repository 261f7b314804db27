"""Controls that several pages share: run picker, scores, decode settings, errors."""

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import streamlit as st

from explorer.errors import ExplorerError
from explorer.evaluation.definitions import DEFINITIONS, Definition, written
from explorer.evaluation.verdict import verdict
from explorer.explore.run import Run
from explorer.models.decoding_settings import Decoding
from explorer.runs import folder as folders
from explorer.ui.components import missing
from explorer.ui.components.escaping import code, markdown, message, minus
from explorer.ui.paths import path as ways
from explorer.ui.session import state

STRATEGIES = {
    "greedy": ("Greedy", "Always the likeliest word."),
    "sample": ("Sampling", "Draws words by their probability."),
    "top_k": ("Top-k", "Draws among the k likeliest words."),
    "nucleus": ("Nucleus", "Draws among the likeliest words that make up p of the mass."),
    "penalised": ("Penalised", "Draws, with repeated words made less likely."),
    "beam": ("Beam", "Keeps several sentences at once, and the likeliest in the end."),
}
"""Ways to decode: a name, which is also their value in the address, and what they do."""

SHORT = {
    "importance_ppl": "Perplexity",
    "rate": "Rate",
    "mutual_information": "Mutual info.",
    "active_units": "Active units",
    "bleu": "BLEU",
    "shuffled_z_gap": "Shuffled-z gap",
}
"""The scores beside every page, under names that fit there."""

_ASKED_RUN, _MISSED = "on", "_missed_run"


@contextmanager
def errors_shown() -> Iterator[None]:
    """Shows what a person can mend as an error box; anything else stays visible."""
    try:
        yield
    except ExplorerError as error:
        st.error(message(str(error)), icon=":material/error:")


def run_picker() -> Run | None:
    """The run of this session, chosen in the sidebar; None where there is none to open."""
    found = state.listing()
    with st.sidebar:
        run = _chosen(found) if found.names else None
        if found.damaged:
            _damaged(found.damaged)
    missing.warn(st.session_state.get(_MISSED, ()))
    return run


def sentence_link() -> None:
    """A link to the map, where what is picked is shown."""
    st.page_link(
        state.page_file("map"), label="The sentence on the map", icon=":material/scatter_plot:"
    )


def run_link(page: str, label: str, icon: str, run: str) -> None:
    """A link to a page on another run than the one the page is about.

    A parameter of its own: the run picker is bound to `run`, and keeps what it is set to.
    """
    st.page_link(state.page_file(page), label=label, icon=icon, query_params={_ASKED_RUN: run})


def _chosen(found: state.Listing) -> Run | None:
    asked = st.query_params.get(_ASKED_RUN)
    if asked is not None:
        del st.query_params[_ASKED_RUN]
        if asked in found.names:
            st.session_state["run"] = asked
    # The picker takes another run in silence, and corrects the address.
    asked = asked or st.query_params.get("run")
    if asked and asked not in found.names:
        st.session_state[_MISSED] = (asked,)
    first = found.names.index(state.default_run(found.names))
    name = st.selectbox(
        "Run", found.names, index=first, key="run", bind="query-params", on_change=_forget_missed
    )
    with errors_shown():
        run = state.run_of(name)
        _scores(run)
        return run
    return None


def _forget_missed() -> None:
    st.session_state.pop(_MISSED, None)


def _damaged(damaged: Mapping[str, str]) -> None:
    count = len(damaged)
    with st.expander(f"{count} {'run' if count == 1 else 'runs'} not shown"):
        for name, reason in damaged.items():
            st.text(name)
            st.caption(message(reason))


def _scores(run: Run) -> None:
    metrics = run.metrics
    found = verdict(metrics)
    colours: dict[str, Literal["green", "gray"]]
    colours = {"healthy": "green", "no latent": "gray", "not measured": "gray"}
    told = f"{found.sentence} {found.thresholds}".strip()
    st.badge(found.word, color=colours.get(found.word, "orange"), help=markdown(told) or None)
    shown = [name for name in SHORT if value_of(metrics, name) is not None]
    with st.container(horizontal=True, gap="small"):
        for name in shown:
            definition = DEFINITIONS[name]
            st.metric(
                SHORT[name],
                tile(metrics[name], definition),
                help=markdown(
                    f"{definition.title}. {definition.sentence} Unit: {definition.unit}."
                ),
                width=118,
            )
    if not shown:
        evaluate = folders.command("evaluate", run.folder)
        st.caption(f"No scores yet: {code(evaluate)} measures them.")
    st.page_link(state.page_file("model"), label="Model card", icon=":material/description:")


def value_of(metrics: Mapping[str, Any], name: str) -> float | None:
    """The value of a score; None where it was not measured."""
    entry = metrics.get(name)
    value = entry.get("value") if isinstance(entry, Mapping) else None
    return value if isinstance(value, int | float) else None


def score(entry: Mapping[str, Any], definition: Definition) -> str:
    """A score as `explorer evaluate` prints it, units as a share of the dimensions."""
    if definition.title == "Active units" and "of" in entry:
        return f"{entry['value']:.0f} / {entry['of']}"
    return minus(written(entry["value"]))


def tile(entry: Mapping[str, Any], definition: Definition) -> str:
    """A score that stands alone: with its unit where that is nats."""
    unit = " nats" if definition.unit.startswith("nats") else ""
    return score(entry, definition) + unit


def _labels(runs: Sequence[Run]) -> tuple[str, ...]:
    """The labels all of these runs can be told; none where they differ."""
    told = {run.config.model.labels for run in runs}
    return told.pop() if len(told) == 1 else ()


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


def corpus_note(*runs: Run) -> None:
    """Says whose words are shown where the corpus of a run is not on this machine."""
    without = [run for run in runs if not run.texts_are_real]
    if not without:
        return
    recipes = [run.config.corpus for run in without]
    gets = [f"explorer corpus get {shlex.quote(name)}" for name in _once(r.name for r in recipes)]
    ways = [f"The real sentences come with {' and '.join(map(code, gets))}."] if gets else []
    ways += [
        f"The file {markdown(path)} holds the real sentences; it is not there."
        for path in _once(recipe.path for recipe in recipes if not recipe.name)
    ]
    names = ", ".join(markdown(run.name) for run in without)
    whose = "" if len(runs) == 1 else f" of {names}"
    st.caption(
        f"The corpus{whose} is not on this machine: for each point you read **the model's own "
        f"words**, its reconstruction of the sentence. {' '.join(ways)}"
    )


def _once(names: Iterable[str]) -> list[str]:
    """Each name once, in order, but for empty ones."""
    return [name for name in dict.fromkeys(names) if name]


def layout_notes(run: Run, view: str) -> None:
    """What a reader must know before believing the layout."""
    assert run.atlas is not None
    if run.atlas.layout_is_noise:
        st.warning(
            "This layout is noise: the posterior means hardly vary, so that neighbours on the map "
            "mean nothing. The PCA view shows how small the cloud is.",
            icon=":material/warning:",
        )
    elif view == "umap" and (trust := run.atlas.projection.get("trustworthiness")):
        st.caption(
            f"Trustworthiness of the layout **{trust['value']:.2f}**",
            help="How far the neighbours on the map are neighbours in latent space: 1 is best, a "
            f"random map has 0.5; {trust['neighbours']} neighbours, {trust['n']:,} points.",
        )


def invitation() -> None:
    """What stands beside the map before anything is picked."""
    st.info(
        "Click a dot or an empty place on the map, type a sentence above, or find one by its "
        "words. The answer appears here.",
        icon=":material/ads_click:",
    )


def need_map(run: Run) -> None:
    """Stops the page where a run has no map, and says what can be done instead."""
    if run.atlas is not None:
        return
    if run.has_latent:
        st.info(f"**{markdown(run.name)}** has no map yet.", icon=":material/scatter_plot:")
        st.caption("This command draws it; reload this page when it is done:")
        st.code(folders.command("atlas", run.folder), language="bash")
    else:
        no_latent(run)
    st.stop()


def no_latent(run: Run) -> None:
    """What a language model is here for, and where to go on."""
    st.info(
        f"**{markdown(run.name)}** is a language model: a control. It has no latent space to map, "
        "to walk through or to collapse; its perplexity is what that of a VAE is held against.",
        icon=":material/info:",
    )
    onwards(run)


def onwards(run: Run) -> None:
    """Where a language model's page leads on to."""
    names = state.listing().names
    first, named = state.default_run(names), folders.typed(run.folder)
    with st.container(horizontal=True, gap="small"):
        if first != named:
            run_link("map", f"The map of {markdown(first)}", ":material/scatter_plot:", first)
        run_link("compare", "Compare it", ":material/compare:", named)
        run_link("model", "Its model card", ":material/description:", named)


def no_runs() -> None:
    """What a first visitor sees where nothing is trained yet."""
    st.title("No run to show yet")
    st.markdown("A run is a trained model with its map. Two commands make one from your own file:")
    st.code("explorer new my-run --corpus sentences.txt\nexplorer train my-run", language="bash")
    st.caption(
        "Runs are looked for in `checkpoints/`, in the folders that `EXPLORER_RUNS` names, and "
        "where `explorer add` was told of one. Reload this page when the training is done."
    )


def path_controls() -> tuple[str, int]:
    """Way and number of steps of a path, and a button that turns it round."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        way = st.segmented_control(
            "Way",
            list(ways.WAYS),
            format_func=ways.WAYS.__getitem__,
            default="linear",
            required=True,
            key="way",
            bind="query-params",
            help="A straight line passes nearer to the origin than its ends; along the sphere the "
            "distance from the origin changes evenly.",
        )
        steps = st.slider("Steps", 3, 25, 9, key="steps", bind="query-params", width=220)
        st.button("Swap A and B", icon=":material/swap_horiz:", on_click=ways.swap)
    return way or "linear", steps


def density_strip(
    densities: tuple[Any, float] | None,
    at: Sequence[float] | None = None,
    along: str = "step",
    command: str = "",
) -> None:
    """How much of the corpus lies near every step of a path, or at every value of `along`."""
    if densities is None:
        return
    from explorer.ui.components import charts, download_buttons

    values, typical = densities
    st.markdown(
        "**Density along the path**",
        help="log q(z): log-density of all sentences' posteriors at each step. The dotted line "
        "is its median at the sentences themselves, each judged without its own posterior; a path "
        "that dips far below crosses a hole.",
    )
    download_buttons.chart(
        charts.strip(values.tolist(), "log q(z)", "nats", typical, at, along),
        "density_strip",
        "Density at every step of the path",
        command,
        "density",
    )
