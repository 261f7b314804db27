"""Notes on a page: errors, missing runs and corpora, how far to trust a layout."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from explorer.errors import ExplorerError
from explorer.evaluation.published import BENCHMARKS
from explorer.explore import map_caption
from explorer.explore.map_views import view_of
from explorer.explore.run import Run
from explorer.explore.text_fit import fit_of
from explorer.runs import folder as folders
from explorer.system import memory
from explorer.ui.components.escaping import code, markdown, message, minus

_LONGEST = 60  # characters of a name that is no run's


@contextmanager
def errors_shown() -> Iterator[None]:
    """Shows an `ExplorerError`, and a lack of memory, as an error box; others propagate."""
    try:
        yield
    except ExplorerError as error:
        st.error(message(str(error)), icon=":material/error:")
    except (RuntimeError, MemoryError) as error:
        if not memory.is_exhausted(error):
            raise
        st.error(
            "Out of memory: try fewer sentences, or close other runs.",
            icon=":material/error:",
        )


def warn_missing(names: Sequence[str]) -> None:
    """A warning for every requested run that is not shown."""
    for name in names:
        st.warning(why_missing(name), icon=":material/link_off:")


def why_missing(name: str) -> str:
    """Why a run is not there, as Markdown."""
    folder = folders.by_name().get(name)
    if folder is None:
        shown = name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"
        return f"There is no run {markdown(repr(shown))} here."
    if not folders.is_report(folder):
        return f"**{markdown(name)}** cannot be opened: see *not shown* above."
    note = f"**{markdown(name)}** has no weights: only its recipe and metrics are available"
    tables = [table for table, (_, rows) in BENCHMARKS.items() if name in rows]
    return f"{note} (`explorer benchmark {tables[0]}`)." if tables else f"{note}."


def fit_note(run: Run) -> None:
    """Says whose weights a map of other sentences has, and how well they know them."""
    if (fit := fit_of(run)) is not None:
        st.caption(
            f"{markdown(run.name)} uses the weights of another run: {message(fit.sentence)}"
        )


def corpus_note(*runs: Run, with_fit: bool = True) -> None:
    """Says where the corpus is missing: there, reconstructions are shown.

    Args:
        *runs: Of the page.
        with_fit: Whether `fit_note` comes first.
    """
    for run in runs if with_fit else ():
        fit_note(run)
    without = [run for run in runs if not run.texts_are_real]
    if not without:
        return
    recipes = [run.config.corpus for run in without]
    gets = [f"explorer corpus get {shlex.quote(name)}" for name in _once(r.name for r in recipes)]
    sources = [f"{' and '.join(map(code, gets))} downloads it."] if gets else []
    sources += [
        f"It is read from the file {markdown(path)}, which does not exist."
        for path in _once(recipe.path for recipe in recipes if not recipe.name)
    ]
    names = ", ".join(markdown(run.name) for run in without)
    whose = "" if len(runs) == 1 else f" of {names}"
    units = " or ".join(_once(run.text_unit for run in without))
    st.caption(
        f"The corpus{whose} is not installed: each point shows the model's **reconstruction** of "
        f"its {units}. {' '.join(sources)}"
    )


def _once(names: Iterable[str]) -> list[str]:
    """Distinct names in order, without empty ones."""
    return [name for name in dict.fromkeys(names) if name]


def layout_notes(run: Run, view: str, *, with_fit: bool = False) -> None:
    """How far the layout can be trusted, and the model with these sentences.

    Args:
        run: The run.
        view: Of its map.
        with_fit: Whether `fit_note` comes first.
    """
    if with_fit:
        fit_note(run)
    assert run.atlas is not None
    if run.atlas.layout_is_noise:
        st.warning(
            "This layout is noise: the posterior means hardly vary, so neighbourhoods on the "
            "map are meaningless. The PCA view shows how small the cloud is.",
            icon=":material/warning:",
        )
    elif note := map_caption.quality(run, view_of(run, view)):
        shown, explained = note
        st.caption(minus(shown), help=explained)
