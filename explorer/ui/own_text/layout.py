"""Another layout of a map: its settings, its fit as a job, and how it compares."""

from pathlib import Path

import streamlit as st

from explorer.config import Config
from explorer.models.encoder_catalog import lacking
from explorer.pipeline.refit_map import METHODS, METRICS, LayoutSettings, compared
from explorer.runs import folder as folders
from explorer.ui.components import run_picker
from explorer.ui.components.escaping import markdown
from explorer.workspace import layouts

_ENCODER = "minilm"
_COPY = "_layout_copy"


def fit_button(folder: Path, config: Config) -> None:
    """The settings of another layout, and the button that queues its fit."""
    key = f"layout_{folder.name}"
    with st.popover("Another layout", icon=":material/grain:", key=key):
        method = st.segmented_control(
            "Layout",
            list(METHODS),
            default=LayoutSettings().method,
            format_func=METHODS.__getitem__,
            key=f"{key}_method",
            required=True,
        )
        is_umap = method == LayoutSettings().method  # the other has no settings
        neighbours = st.number_input(
            "Neighbours", 2, 200, config.atlas.neighbours, key=f"{key}_n", disabled=not is_umap,
            help="Neighbours of each sentence: more show global structure, fewer show local "
            "detail.",
        )  # fmt: skip
        min_dist = st.number_input(
            "Minimum distance", 0.0, 1.0, config.atlas.min_dist, 0.05, key=f"{key}_d",
            disabled=not is_umap, help="Minimum distance between two sentences on the map.",
        )  # fmt: skip
        metric = st.selectbox(
            "Distance in latent space", METRICS, key=f"{key}_m", disabled=not is_umap
        )
        seed = st.number_input("Seed", 0, 2**32 - 1, 0, key=f"{key}_s", disabled=not is_umap)
        reason = lacking(_ENCODER)
        by_meaning = st.toggle(
            "Include meaning", bool(config.atlas.encoder) and not reason, key=f"{key}_e",
            disabled=not is_umap or bool(reason),
            help="The layout also follows MiniLM: sentences of similar meaning are closer"
            + (f"; {markdown(reason)}." if reason else "."),
        )  # fmt: skip
        if st.button("Compute it", key=f"{key}_go", type="primary"):
            settings = LayoutSettings(
                str(method), int(neighbours), float(min_dist), str(metric), int(seed),
                _ENCODER if by_meaning and is_umap else "",
            )  # fmt: skip
            layouts.submit(folder, settings)
            st.rerun()


def offer(folder: Path) -> None:
    """The other layout beside the present one, to take or to discard.

    A run that was not made from the page stays as it is: a copy takes the layout.
    """
    job = layouts.job_of(folder)
    if job is not None and job.is_active:
        st.caption("Another layout is being computed: see the list of jobs on *Your text*.")
    if copy := st.session_state.pop(_COPY, ""):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"The new layout is in **{markdown(copy)}**.", width="content")
            run_picker.run_link("map", "Open the map", ":material/scatter_plot:", copy)
    measured = layouts.measures(folder)
    if measured is None:
        return
    with st.container(key=f"other_{folder.name}"):
        st.markdown(f"**Another layout is ready:** {markdown(_settings(measured['after']))}")
        with st.container(horizontal=True):
            for title, help_, before, after in compared(measured):
                change = None if before is None else f"{after - before:+.3f}"
                st.metric(title, f"{after:.3f}", change, help=help_, width="content")
        with st.container(horizontal=True):
            if st.button("Use it", key=f"take_{folder.name}", type="primary"):
                if folder.parent == folders.users():
                    layouts.take(folder)
                else:
                    st.session_state[_COPY] = layouts.take_as_copy(folder).name
                st.rerun()
            if st.button("Discard", key=f"discard_{folder.name}"):
                layouts.discard(folder)
                st.rerun()


def _settings(projection: dict) -> str:  # type: ignore[type-arg]
    method = str(projection.get("method", ""))
    shown = [METHODS.get(method, method)]
    for name, title in (("neighbours", "neighbours"), ("min_dist", "minimum distance")):
        if name in projection:
            shown.append(f"{title} {projection[name]:g}")
    shown += [str(projection["metric"])] if "metric" in projection else []
    shown += [f"by meaning ({projection['encoder']})"] if "encoder" in projection else []
    shown += [f"seed {projection['seed']}"] if "seed" in projection else []
    return ", ".join(shown)
