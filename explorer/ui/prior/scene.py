"""What the page on the prior says: the plane, a mark that was clicked, components, holes."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from jaxtyping import Float32

from explorer.explore.map_views import PcaView
from explorer.explore.run import Run
from explorer.models.decoding_settings import Decoding
from explorer.runs import folder as folders
from explorer.ui.components import decode_settings, download_buttons, reproduce, run_picker
from explorer.ui.components.escaping import (
    drawn_of,
    markdown,
    message,
    minus,
    nats,
    plain,
    shade_key,
    shaded,
)
from explorer.ui.components.sentence_list import Row, sentence_list
from explorer.ui.prior import selection
from explorer.ui.session import picks

if TYPE_CHECKING:
    from explorer.evaluation.prior_diagnostics import Components
    from explorer.latent_space.holes import Holes
    from explorer.ui.prior.charts import Marks

MOST_DOTS = 3000
DOTS = {"draws": "one draw each", "means": "posterior means"}
"""What a sentence's dot is, with the words for a person, which are the values in the address."""

_HOLES = "holes"
_LISTED = 12
_NAMES = {
    "p": "A sample of the {what}",
    "s": "A sentence",
    "c": "A component of the {what}",
    "h": "A hole",
}


@dataclass(frozen=True, eq=False)
class Scene:
    """The latent points of the page. Parts are computed when first asked for."""

    run: Run
    drawn: int
    seed: int
    dots: str
    with_holes: bool

    @cached_property
    def is_gaussian(self) -> bool:
        """Whether a posterior is told by the mean and the scale that the map keeps."""
        from explorer.evaluation.prior_diagnostics import has_gaussian_posterior

        return has_gaussian_posterior(self.run.model)

    @property
    def what(self) -> str:
        """What is drawn from, in a word: nothing pulled an autoencoder to its density."""
        return "prior" if self.run.model.latent.has_rate else "density"

    @cached_property
    def rows(self) -> np.ndarray:
        """Atlas rows of the sentences shown, at even distances."""
        assert self.run.atlas is not None
        count = len(self.run.atlas)
        return np.linspace(0, count - 1, min(count, MOST_DOTS)).astype(int)

    @cached_property
    def sentences(self) -> Float32[np.ndarray, "n d"]:
        """A point for each of them."""
        assert self.run.atlas is not None
        mean, scale = self.run.atlas.mean[self.rows], self.run.atlas.scale[self.rows]
        if self.dots == "means" or not self.is_gaussian:
            return mean
        noise = np.random.default_rng(self.seed).standard_normal(mean.shape)
        return (mean + noise * scale).astype(np.float32)

    @cached_property
    def samples(self) -> Float32[np.ndarray, "m d"]:
        """Draws of the prior."""
        return self.run.prior_samples(self.drawn, self.seed)

    @cached_property
    def components(self) -> "Components | None":
        """Of the prior, where it has some."""
        from explorer.evaluation.prior_diagnostics import components

        return components(self.run.model.prior())

    @cached_property
    def holes(self) -> "Holes | None":
        """What was found, once it was asked for."""
        if not self.with_holes or not self.is_gaussian:
            return None
        return _find(self.run, self.run.stamp, self.seed)

    def points(self, kind: str) -> Float32[np.ndarray, "k d"]:
        """The latent points of a kind of mark."""
        if kind == "s":
            return self.sentences
        if kind == "p":
            return self.samples
        if kind == "c" and self.components is not None:
            return self.components.mean
        if kind == "h" and self.holes is not None and self.holes.found:
            return np.stack([hole.z for hole in self.holes.found]).astype(np.float32)
        return np.empty((0, self.sentences.shape[1]), np.float32)


def scene(run: Run) -> Scene:
    """The controls above the plane of a run with a map, and what they ask for.

    Raises:
        ExplorerError: If the run has nothing to draw from.
    """
    from explorer.evaluation.prior_diagnostics import has_gaussian_posterior, need_density

    need_density(run.model, run.folder)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        drawn = st.slider(
            "Samples", 50, 1000, 300, 50, key="drawn", bind="query-params", width=240
        )
        dots = _ask_dots() if has_gaussian_posterior(run.model) else "means"
        decode_settings.decode_settings(run)
    asked = st.query_params.get(_HOLES) == "1"
    return Scene(run, drawn, decode_settings.decoding(run).seed, dots, asked)


def _ask_dots() -> str:
    dots = st.segmented_control(
        "Sentences, each as",
        list(DOTS),
        format_func=DOTS.__getitem__,
        default="draws",
        required=True,
        key="dots",
        bind="query-params",
        help="The prior is to be matched by draws from the posteriors, all together. Their "
        "means alone stand closer together than the prior does, in the best of models.",
    )
    return dots or "draws"


def show(found: Scene) -> None:
    """The plane, and beside it what was clicked."""
    from explorer.evaluation.prior_diagnostics import told

    if note := told(found.run.model):
        st.info(message(note), icon=":material/functions:")
    wide, side = st.columns([5, 3], gap="medium")
    with wide:
        _plane(found)
    with side:
        shown = read_shown(selection.name(), found)
        if shown is None:
            _first_samples(found)
        else:
            _mark(found, *shown)


def _plane(found: Scene) -> None:
    from explorer.evaluation.prior_diagnostics import is_standard_normal
    from explorer.ui.prior import charts

    run = found.run
    pca = PcaView.of(run).plane
    circles = is_standard_normal(run.model.prior())
    asked = (run.stamp, found.drawn, found.seed, found.dots, found.with_holes)
    name, number = selection.drawn(asked)
    figure = charts.plane(pca, _marks(found), circles, read_shown(name, found), number)
    alt = (
        f"{len(found.sentences):,} sentences and {len(found.samples):,} samples of the "
        f"{found.what} on "
        "the plane of the sentences' largest variance"
    )
    command = reproduce.plane_of_prior(folders.typed(run.folder), found.drawn, found.seed)
    click = selection.taking_clicks(asked)
    download_buttons.chart(figure, selection.CHART, alt, command, f"{run.name}-prior", click)
    assert run.atlas is not None
    st.caption(
        f"{drawn_of(len(found.sentences), len(run.atlas), 'sentences of the map')}. "
        "Every mark is projected on one plane, in units of z; nothing is moved towards the "
        "sentences. What lies apart here is apart; what lies together may differ in the other "
        f"{max(0, run.atlas.latent_dim - 2)} dimensions."
    )


_FEW = 32
"""Components beyond this number are drawn smaller: large marks would hide the sentences."""


def _marks(found: Scene) -> "list[Marks]":
    from explorer.ui.prior.charts import Marks

    texts = found.run.texts
    told = [texts[row] for row in found.rows.tolist()]
    drawn = [_named(found, "p", place) for place in range(len(found.samples))]
    marks = [
        Marks("s", "sentences", found.sentences, "#5694e9", "circle", 4, told, 0.45),
        Marks("p", f"samples of the {found.what}", found.samples, "#e69f00", "x", 5, drawn),
    ]
    for kind, name, colour, symbol, numbered in (
        ("c", "components", "#009e73", "diamond", False),
        ("h", "holes", "#d55e00", "circle-open", True),
    ):
        points = found.points(kind)
        if len(points):
            size = 16 if kind == "h" else 10 if len(points) <= _FEW else 6
            told = [_named(found, kind, place) for place in range(len(points))]
            marks.append(Marks(kind, name, points, colour, symbol, size, told, 1.0, numbered))
    return marks


def _named(found: Scene, kind: str, place: int) -> str:
    """What a mark is called, with its number where a list has one."""
    number = f" {place + 1}" if kind in "ch" else ""
    return _NAMES[kind].format(what=found.what) + number


def _ask() -> None:
    st.query_params[_HOLES] = "1"


def read_shown(name: str, found: Scene) -> tuple[str, int] | None:
    """The mark that an address names, if it is there."""
    match = re.fullmatch(r"([psch])(\d{1,6})", name, re.ASCII)
    if match is None or int(match[2]) >= len(found.points(match[1])):
        return None
    return match[1], int(match[2])


def _first_samples(found: Scene) -> None:
    st.markdown(f"**What the {found.what} says**  :gray[· click one, or any mark of the plane]")
    z = found.samples[:_LISTED]
    texts = found.run.decode(z, decode_settings.decoding(found.run))
    rows = [Row(place, text) for place, text in enumerate(texts)]
    name = f"Samples of the {found.what}"
    sentence_list(rows, name, "prior_samples", lambda row: selection.show(f"p{row}"), "Show it")


def _mark(found: Scene, kind: str, place: int) -> None:
    run, z = found.run, found.points(kind)[place]
    st.markdown(
        f"**{_named(found, kind, place)}**  :gray[· {markdown(_about(found, kind, place))}]"
    )
    if kind == "s":
        row = int(found.rows[place])
        st.html(plain(run.texts[row], quiet=True))
        picks.set_pick(picks.SentencePick(row))  # the other pages take it up
        run_picker.sentence_link()
    decoded = run.decode_tokens(z[None], decode_settings.decoding(run))[0]
    st.html(shaded(decoded) + shade_key())
    if found.is_gaussian:
        _density(run, z)
    near = run.neighbours(z, 5)
    st.markdown("**Nearest sentences**  :gray[· cosine distance of centred latents]")
    st.html("".join(plain(item.text, True, f"{item.distance:.2f}") for item in near))
    st.button(
        "Back to the samples",
        icon=":material/arrow_back:",
        key="prior_back",
        on_click=selection.show_none,
    )


def _about(found: Scene, kind: str, place: int) -> str:
    if kind == "c" and found.components is not None:
        return f"{found.components.weight[place]:.1%} of the {found.what}'s mass"
    if kind == "h" and found.holes is not None:
        hole = found.holes.found[place]
        return f"{hole.depth:.1f} nats deep, {hole.share:.1%} of the prior's mass"
    return "decoded from this very z"


def _density(run: Run, z: Float32[np.ndarray, " d"]) -> None:
    from explorer.evaluation.prior_diagnostics import log_density

    log_q = run.map_index.log_density(z[None])
    if log_q is None:
        return
    log_p = float(log_density(run.model.prior())(z[None])[0])
    st.caption(
        minus(f"log q(z) (**{log_q[0]:.1f}**) − log p(z) (**{log_p:.1f}**)")
        + f" = {nats(log_q[0] - log_p)}",
        help="q(z) is the mean of the posteriors of the map's sentences, p(z) the prior. In many "
        "dimensions any finite set of sentences makes q(z) look low: compare it with other marks.",
    )


# Below the plane.


def components(found: Scene) -> None:
    """The components of a mixture prior, decoded."""
    parts = found.components
    if parts is None:
        return
    st.subheader(f"What the {found.what} is made of", anchor="components")
    st.caption(
        f"{len(parts.weight)} components; each one's mean decoded greedily, the heaviest first. A "
        "click shows it on the plane's right."
    )
    texts = found.run.decode(parts.mean, Decoding())
    rows = [
        Row(place, text, f"{weight:.1%}")
        for place, (text, weight) in enumerate(zip(texts, parts.weight.tolist(), strict=True))
    ]
    name = f"Components of the {found.what}"
    sentence_list(rows, name, "components", lambda row: selection.show(f"c{row}"), "Show it")
    columns = {"weight": parts.weight.tolist(), "decoded": texts}
    name = found.run.name
    download_buttons.table_files(
        columns,
        f"{name}-components",
        "component_table",
        reproduce.components(folders.typed(found.run.folder)),
    )


def holes(found: Scene) -> None:
    """Where the prior goes and no sentence is: looked for on a button."""
    st.subheader("Holes", anchor="holes")
    st.caption(
        "A hole is a place that the prior visits and no sentence comes near: low log q(z) − "
        "log p(z). **In many dimensions any finite set of sentences looks sparse**, so a sample "
        "of the prior is compared with draws from the sentences' own posteriors, each judged "
        "without its own sentence. Where the prior fits the sentences, none is listed (99 times "
        "in 100)."
    )
    if not found.is_gaussian:
        st.info("This model's posteriors are no Gaussians: holes are not judged for it.")
        return
    if found.holes is None:
        st.button("Look for holes", icon=":material/search:", key="find_holes", on_click=_ask)
        return
    told = found.holes
    basis = (
        f"{told.samples:,} samples of the prior against {told.references:,} draws from the "
        f"posteriors of {told.sentences:,} sentences."
    )
    if told.least == 1.0:
        st.info(f"Too few sentences to tell a hole from chance: {basis}", icon=":material/info:")
        return
    basis += f" A hole of less than {told.least:.1%} of the prior's mass would not be found."
    if not told.found:
        st.success(
            "No hole found: the prior's samples lie as near to sentences as sentences do to each "
            "other.",
            icon=":material/check:",
        )
        st.caption(basis)
        return
    st.markdown(
        f"**{told.share:.0%} of the prior's mass lies where no sentence does.** "
        f":gray[{markdown(basis)}]"
    )
    texts = found.run.decode(found.points("h"), Decoding())
    rows = [
        Row(place, f"{place + 1}. {text}", f"{hole.depth:.1f} nats deep · {hole.share:.1%}")
        for place, (text, hole) in enumerate(zip(texts, told.found, strict=True))
    ]
    sentence_list(rows, "Holes", "hole_list", lambda row: selection.show(f"h{row}"), "Show it")
    st.caption(
        "Depth: how far log q − log p lies below its median at the sentences' own draws. The "
        "percentage is the share of the prior's samples in the hole; its likeliest one is decoded."
    )
    columns = {
        "depth_nats": [hole.depth for hole in told.found],
        "share_of_prior": [hole.share for hole in told.found],
        "decoded": texts,
        "z": [" ".join(f"{value:.4f}" for value in hole.z) for hole in told.found],
    }
    command = reproduce.holes(folders.typed(found.run.folder), found.seed)
    download_buttons.table_files(columns, f"{found.run.name}-holes", "hole_table", command)


@st.cache_data(max_entries=8, show_spinner="Looking for holes…")
def _find(_run: Run, stamp: str, seed: int) -> "Holes":
    from explorer.evaluation.prior_diagnostics import SAMPLES, find_holes

    atlas = _run.atlas
    assert atlas is not None
    z = _run.prior_samples(SAMPLES, seed)
    return find_holes(_run.model, atlas.mean, atlas.scale, z, seed)
