"""Notes a page shows: errors, what is not on this machine, what to know before believing a map."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from explorer.errors import ExplorerError
from explorer.evaluation.published import BENCHMARKS
from explorer.explore.map_views import view_of
from explorer.explore.run import Run
from explorer.runs import folder as folders
from explorer.ui.components.escaping import code, markdown, message

_LONGEST = 60  # characters of a name that is no run's


@contextmanager
def errors_shown() -> Iterator[None]:
    """Shows what a person can mend as an error box; anything else stays visible."""
    try:
        yield
    except ExplorerError as error:
        st.error(message(str(error)), icon=":material/error:")


def warn_missing(names: Sequence[str]) -> None:
    """A line for every run that is asked for and not shown."""
    for name in names:
        st.warning(why_missing(name), icon=":material/link_off:")


def why_missing(name: str) -> str:
    """Why a run is not there, as Markdown."""
    folder = folders.by_name().get(name)
    if folder is None:
        shown = name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"
        return f"There is no run {markdown(repr(shown))} here."
    if not folders.is_report(folder):
        return f"**{markdown(name)}** cannot be opened; the sidebar says why."
    told = f"**{markdown(name)}** comes without weights: only its recipe and figures are here"
    tables = [table for table, (_, rows) in BENCHMARKS.items() if name in rows]
    return f"{told} (`explorer benchmark {tables[0]}`)." if tables else f"{told}."


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
    elif trust := view_of(run, view).trustworthiness:
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
