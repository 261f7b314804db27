"""The components and the holes of the prior, listed below the plane."""

from typing import TYPE_CHECKING

import streamlit as st

from explorer.models.decoding_settings import Decoding
from explorer.runs import folder as folders
from explorer.ui.components import download_buttons, reproduce
from explorer.ui.components.escaping import markdown
from explorer.ui.components.sentence_list import Row, sentence_list
from explorer.ui.prior import selection
from explorer.ui.prior.scene import HOLES_KEY, Scene

if TYPE_CHECKING:
    from explorer.latent_space.holes import Holes


def components(scene: Scene) -> None:
    """The components of a mixture prior, decoded."""
    parts = scene.components
    if parts is None:
        return
    st.header(f"Components of the {scene.what}", anchor="components")
    st.caption(
        f"{len(parts.weight)} components, the largest weight first; each mean is decoded "
        "greedily. Click one to see it next to the plane."
    )
    texts = scene.run.decode(parts.mean, Decoding())
    rows = [
        Row(index, text, f"{weight:.1%}")
        for index, (text, weight) in enumerate(zip(texts, parts.weight.tolist(), strict=True))
    ]
    name = f"Components of the {scene.what}"
    sentence_list(
        rows, name, "components", lambda row: selection.show(f"c{row}"), "Show on the plane"
    )
    columns = {"weight": parts.weight.tolist(), "decoded": texts}
    name = scene.run.name
    download_buttons.table_files(
        columns,
        f"{name}-components",
        "component_table",
        reproduce.components(folders.typed(scene.run.folder)),
    )


def holes(scene: Scene) -> None:
    """Regions of the prior without sentences, searched for on request."""
    st.header("Holes", anchor="holes")
    st.caption(
        "A hole is a region that the prior covers but no sentence does: log q(z) − log p(z) is "
        "low there. **In high dimensions any finite sample looks sparse**, so samples of the "
        "prior are compared with samples of the sentences' posteriors, each evaluated without "
        "its own sentence. A prior that fits the sentences has no holes (99 times in 100)."
    )
    if not scene.is_gaussian:
        st.info("Holes can only be found for Gaussian posteriors, which this model does not have.")
        return
    if scene.holes is None:
        st.button(
            "Find holes", icon=":material/search:", key="find_holes", on_click=_request_holes
        )
        return
    result = scene.holes
    basis = (
        f"{result.samples:,} samples of the prior compared with {result.references:,} posterior "
        f"samples of {result.sentences:,} sentences."
    )
    if result.least == 1.0:
        st.info(
            f"Too few sentences to distinguish holes from chance: {basis}", icon=":material/info:"
        )
        return
    basis += f" A hole of less than {result.least:.1%} of the prior's mass would go undetected."
    if not result.items:
        st.success(
            "No holes found: samples of the prior are as close to sentences as the sentences "
            "are to each other.",
            icon=":material/check:",
        )
        st.caption(basis)
        return
    st.markdown(
        f"**{result.share:.0%} of the prior's mass lies in holes.** :gray[{markdown(basis)}]"
    )
    _list_holes(scene, result)


def _list_holes(scene: Scene, result: "Holes") -> None:
    texts = scene.run.decode(scene.points("h"), Decoding())
    rows = [
        Row(
            index,
            f"{index + 1}. {text}",
            f"{hole.depth:.1f} nats below typical · {hole.share:.1%}",
        )
        for index, (text, hole) in enumerate(zip(texts, result.items, strict=True))
    ]
    sentence_list(
        rows, "Holes", "hole_list", lambda row: selection.show(f"h{row}"), "Show on the plane"
    )
    st.caption(
        "Nats below typical: log q − log p compared with its median at the posterior draws. The "
        "percentage is the share of prior samples in the hole; the likeliest of them is decoded."
    )
    columns = {
        "depth_nats": [hole.depth for hole in result.items],
        "share_of_prior": [hole.share for hole in result.items],
        "decoded": texts,
        "z": [" ".join(f"{value:.4f}" for value in hole.z) for hole in result.items],
    }
    command = reproduce.holes(folders.typed(scene.run.folder), scene.seed)
    download_buttons.table_files(columns, f"{scene.run.name}-holes", "hole_table", command)


def _request_holes() -> None:
    st.query_params[HOLES_KEY] = "1"
