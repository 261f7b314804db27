"""The maps of a person's texts: how well their model knows them, and a training on them."""

from pathlib import Path

import streamlit as st

from explorer import config as configs
from explorer.config import Config
from explorer.errors import ExplorerError
from explorer.explore.text_fit import fit_of
from explorer.runs import folder as folders
from explorer.ui.components import run_picker
from explorer.ui.components.escaping import markdown, message
from explorer.ui.own_text import layout, training
from explorer.ui.session import open_runs
from explorer.workspace import texts


def own_runs() -> None:
    """Every map of a text, with links and buttons to train on it and to lay it out anew."""
    own = [folder for folder in folders.list_runs() if folder.parent == folders.users()]
    own.sort(key=_age)
    mapped = [(folder, config) for folder in own if (config := _mapped(folder)) is not None]
    if not mapped:
        return
    st.header("Your maps")
    for folder, config in mapped:
        with st.container(border=True, key=f"own_{folder.name}"):
            _run(folder, config)


def _age(folder: Path) -> float:
    try:
        return -folder.stat().st_mtime
    except OSError:
        return 0.0


def _mapped(folder: Path) -> Config | None:
    """The recipe of a run that has a map."""
    try:
        config = configs.read(folder / folders.CONFIG)
    except (ExplorerError, OSError):
        return None
    return config if folders.is_intact(folder, folders.ATLAS) else None


def _run(folder: Path, config: Config) -> None:
    is_borrowed = configs.is_borrowed(config)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{markdown(folder.name)}** · {_origin(folder, config)}", width="stretch")
        run_picker.run_link("map", "Open the map", ":material/scatter_plot:", folder.name)
        is_planned = is_borrowed and training.chosen() == folder.name
        if is_borrowed:
            label = "Close" if is_planned else "Train on it"
            if st.button(label, key=f"train_{folder.name}", icon=":material/model_training:"):
                training.choose("" if is_planned else folder.name)
                st.rerun()
        layout.fit_button(folder, config)
        if st.button("Delete", key=f"delete_{folder.name}", icon=":material/delete:"):
            _delete(folder, config)
            st.rerun()
    layout.offer(folder)
    if not is_borrowed:
        return
    fit = fit_of(open_runs.run_of(folder.name))
    if fit is not None:
        st.caption(
            message(fit.sentence),
            help="A sentence is out of domain if it costs the model more nats per word than 99% "
            "of its training sentences. A model trained on your sentences will fit them "
            "better.",
        )
    if is_planned:
        training.plan(folder.name, config, fit)


def _origin(folder: Path, config: Config) -> str:
    """What a run was made from."""
    if configs.is_borrowed(config):
        origin = str(config.model.weights_of.get("run", ""))
        return f"{markdown(texts.title_of(folder.name))}, with the weights of {markdown(origin)}"
    text = markdown(texts.title_of(Path(config.corpus.path).stem))
    start = config.training.start
    before = f", starting from {markdown(Path(str(start['run'])).name)}" if "run" in start else ""
    return f"trained on {text}{before}"


def _delete(folder: Path, config: Config) -> None:
    others = [item for item in folders.list_runs() if item.parent == folders.users()]
    for other in others:
        if other == folder or not configs.is_borrowed(config):  # its text is that of another
            continue
        if configs.read(other / folders.CONFIG).corpus.path == config.corpus.path:
            raise ExplorerError(
                f"{other.name} was trained on the text of {folder.name}: delete that run first"
            )
    texts.remove(folder.name)
