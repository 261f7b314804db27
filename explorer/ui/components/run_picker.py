"""The run picker above every page, links between runs and pages, and pages without a map."""

from collections.abc import Mapping

import streamlit as st

from explorer.explore.run import Run
from explorer.explore.run_summary import summary
from explorer.runs import folder as folders
from explorer.system.plurals import number_of
from explorer.ui.components import pin
from explorer.ui.components.escaping import markdown, message
from explorer.ui.components.notes import errors_shown, warn_missing
from explorer.ui.components.scores import badges, show_scores
from explorer.ui.session import compared_names, open_runs, url

_ASKED_RUN, _MISSED = "on", "_missed_run"
_OPENED_ON = "_opened_on"
"""The run a page opened on by itself; none once somebody chose one."""


def run_picker(page: str, title: str) -> Run | None:
    """The run of this session, chosen in the bar above the page; None where none opens.

    Args:
        page: A page by its name; until a run is chosen, each opens on the run that shows it best.
        title: The page's title.
    """
    listing = open_runs.listing()
    if page == "compare":
        _follow_comparison(listing)
    with st.container(key="run_bar", horizontal=True, vertical_alignment="center", gap="small"):
        run = _chosen(listing, open_runs.first_run(page, listing.names)) if listing.names else None
        if run is not None and page != "notes":
            pin.pin(run, page, title)
        if listing.damaged:
            _damaged(listing.damaged)
    warn_missing(st.session_state.get(_MISSED, ()))
    return run


def sentence_link() -> None:
    """A link to the map, where what is picked is shown."""
    st.page_link(
        url.page_file("map"), label="Show the sentence on the map", icon=":material/scatter_plot:"
    )


def run_link(page: str, label: str, icon: str, run: str, **address: str) -> None:
    """A link to a page on another run than the one the page is about.

    A parameter of its own: the run picker is bound to `run`, and keeps what it is set to.
    `address` holds further parameters.
    """
    query = {_ASKED_RUN: run, **address}
    st.page_link(url.page_file(page), label=label, icon=icon, query_params=query)


def more_exact_link(page: str, run: Run) -> None:
    """Links to a run of the same corpus that reconstructs clearly better, if there is one."""
    better = open_runs.more_exact(run)
    if better is not None:
        name, bleu, own = better
        label = f"Better reconstructions: {markdown(name)} (BLEU {bleu:.0f}, this run {own:.0f})"
        run_link(page, label, ":material/swap_horiz:", name)


def choose_run(name: str) -> None:
    """Makes a run the one of all pages, as the picker does."""
    st.session_state["run"] = name
    st.session_state[_OPENED_ON] = None


def _chosen(listing: open_runs.Listing, first: str) -> Run | None:
    known, asked = st.session_state, st.query_params.get(_ASKED_RUN)
    if asked is not None:
        del st.query_params[_ASKED_RUN]
        if asked in listing.names:
            choose_run(asked)
    if "run" not in known and "run" not in st.query_params:
        known[_OPENED_ON] = first
    elif known.get("run") is not None and known["run"] == known.get(_OPENED_ON):
        known["run"] = known[_OPENED_ON] = first  # nobody chose a run: another page, another run
    # The picker takes another run in silence, and corrects the address.
    asked = asked or st.query_params.get("run")
    if asked and asked not in listing.names:
        st.session_state[_MISSED] = (asked,)
    name = st.selectbox(
        "Run",
        listing.names,
        index=listing.names.index(first),
        key="run",
        bind="query-params",
        on_change=_note_choice,
        label_visibility="collapsed",
        width=230,
    )
    with errors_shown():
        run = open_runs.run_of(name)
        badges(run.metrics, run.text_unit)
        st.caption(markdown(summary(run)), width="stretch")
        with st.popover("Scores", icon=":material/monitoring:"):
            show_scores(run)
        return run
    return None


def _follow_comparison(listing: open_runs.Listing) -> None:
    """A link that compares runs makes one of them the run of the page."""
    asked = [name for name in compared_names.asked() if name in listing.names]
    current = st.session_state.get("run", st.query_params.get("run"))
    if len(asked) > 1:
        # Chosen, even if it was the run of the page before: no page opens on another one now.
        choose_run(current if current in asked else asked[0])


def _note_choice() -> None:
    st.session_state.pop(_MISSED, None)
    st.session_state[_OPENED_ON] = None


def _damaged(damaged: Mapping[str, str]) -> None:
    count = len(damaged)
    with st.popover(f"{number_of(count, 'run')} not shown"):
        for name, reason in damaged.items():
            st.text(name)
            st.caption(message(reason))


def need_map(run: Run) -> None:
    """Stops the page where a run has no map, and says what can be done instead."""
    if run.atlas is not None:
        return
    if run.has_latent:
        st.info(f"**{markdown(run.name)}** has no map yet.", icon=":material/scatter_plot:")
        st.caption("Draw it with this command, then reload this page:")
        st.code(folders.command("atlas", run.folder), language="bash")
    else:
        no_latent(run)
    st.stop()


def no_latent(run: Run) -> None:
    """What a language model is here for, and where to go on."""
    st.info(
        f"**{markdown(run.name)}** is a language model, here as a control. It has no latent "
        "space to map, traverse or collapse; its perplexity is the baseline for that of a VAE.",
        icon=":material/info:",
    )
    onwards(run)


def onwards(run: Run) -> None:
    """Where a language model's page leads on to."""
    names = open_runs.listing().names
    first, named = open_runs.default_run(names), folders.typed(run.folder)
    with st.container(horizontal=True, gap="small"):
        if first != named:
            run_link("map", f"The map of {markdown(first)}", ":material/scatter_plot:", first)
        run_link("compare", "Compare this run", ":material/compare:", named)
        run_link("model", "Open its model card", ":material/description:", named)


def no_runs() -> None:
    """What a first visitor sees where nothing is trained yet."""
    st.title("No runs yet")
    st.markdown(
        "A run is a trained model with its map. Two commands create one from your own file:"
    )
    st.code("explorer new my-run --corpus sentences.txt\nexplorer train my-run", language="bash")
    st.caption(
        "Runs are read from `checkpoints/`, from the folders in `EXPLORER_RUNS`, and from those "
        "that `explorer add` registered. Reload this page when the training is done."
    )
