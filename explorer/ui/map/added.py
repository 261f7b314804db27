"""A person's texts on the map of another run: drawn, counted, and taken off again."""

import html
from collections.abc import Sequence

import streamlit as st

from explorer.explore.added_texts import SHOWN, AddedTexts
from explorer.explore.map_overlays import Cloud, Overlay
from explorer.explore.map_views import DEFAULT_VIEW, MapView
from explorer.explore.run import Run
from explorer.ui.components.escaping import markdown, message
from explorer.workspace import added

PARAMETER = "with"
"""The stored text in the address."""

COLOUR = "#c2187f"  # of no class of a map
_MEMORY = "_with"
_ROWS = 500  # of the table


def name_of(run: Run) -> str:
    """The text that the address adds to this run's map, or that was added before; or none."""
    asked = st.query_params.get(PARAMETER, "")
    known = st.session_state.get(_MEMORY)
    if asked:
        st.session_state[_MEMORY] = (run.name, asked)
    elif known is not None and known[0] == run.name:
        st.query_params[PARAMETER] = asked = known[1]
    return asked


def below(overlays: Sequence[Overlay], run: Run, layout: MapView) -> list[Overlay]:
    """Overlays on the crosses of the added texts; z does not determine every view's positions."""
    texts = _texts(run)
    if texts is None or not layout.of_latents:
        return list(overlays)
    xy, _ = added.positions(run, texts, layout.name)
    return [Cloud(xy[texts.sample], 0.9, COLOUR), *overlays]


def note(run: Run) -> None:
    """How many texts were added, how many the run does not know, and their table."""
    name, texts = name_of(run), _texts(run)
    if not name:
        return
    if texts is None:
        st.caption(f"{markdown(name)} has not been added to this map on this machine.")
        _remove_button()
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        drawn = f" Crosses: a random sample of {SHOWN:,}." if len(texts) > SHOWN else ""
        mark = f'<span style="color:{COLOUR}" aria-hidden="true">✕</span>'
        sentence = html.escape(texts.sentence(run.name) + drawn)
        st.html(f"{mark} <b>{html.escape(name)}</b>: {sentence}")
        _remove_button()
    with st.expander("The added sentences", key="added_table", on_change="rerun") as table:
        if table.open:
            _table(run, texts)


def _table(run: Run, texts: AddedTexts) -> None:
    """Those that the run knows least first."""
    order = texts.nats.argsort()[::-1][:_ROWS]
    far = added.positions(run, texts, DEFAULT_VIEW)[1]
    rows = {
        "sentence": [texts.texts[row] for row in order],
        "nats per word": [round(float(texts.nats[row]), 2) for row in order],
        "to the nearest sentence": [round(float(far[row]), 2) for row in order],
    }
    if texts.outside is not None:
        rows["out of domain"] = [bool(texts.outside[row]) for row in order]
    st.dataframe(rows, hide_index=True)
    if len(texts) > _ROWS:
        st.caption(f"The {_ROWS:,} of {len(texts):,} that fit {message(run.name)} worst.")


def _remove_button() -> None:
    if st.button("Remove from the map", key="added_remove", icon=":material/close:"):
        st.session_state.pop(_MEMORY, None)
        st.query_params.pop(PARAMETER, None)
        st.rerun()


def _texts(run: Run) -> AddedTexts | None:
    name = name_of(run)
    return added.added_to(run, name) if name else None
