"""The prior page: the plane, the selected mark, components and holes."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from jaxtyping import Float32

from explorer.explore.map_views import PcaView
from explorer.explore.palette import GREEN, ORANGE, RED
from explorer.explore.readable_texts import readable
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

MOST_NAMED = 3000
"""Sentences that an address can name: their numbers in links hold for good."""
MOST_DOTS = 1000
"""Those drawn: each is an element of the page, and a browser draws about a thousand a second."""
DOTS = {"draws": "one sample each", "means": "posterior means"}
"""What a dot stands for, and its label, which is also the value in the URL."""

HOLES_KEY = "holes"
_NUM_LISTED = 12
_NAMES = {
    "p": "A sample of the {what}",
    "s": "A sentence",
    "c": "A component of the {what}",
    "h": "Hole",
}


@dataclass(frozen=True, eq=False)
class Scene:
    """The latent points of the page, computed on first use."""

    run: Run
    drawn: int
    seed: int
    dots: str
    with_holes: bool

    @cached_property
    def is_gaussian(self) -> bool:
        """Whether the map's mean and scale determine a posterior."""
        from explorer.models.batch_inference import has_gaussian_posterior

        return has_gaussian_posterior(self.run.model)

    @property
    def what(self) -> str:
        """What is sampled: a prior, or a density fitted to an autoencoder."""
        return "prior" if self.run.model.latent.has_rate else "density"

    @cached_property
    def rows(self) -> np.ndarray:
        """Atlas rows of the sentences that can be selected, evenly spaced."""
        assert self.run.atlas is not None
        return _spaced(len(self.run.atlas), MOST_NAMED)

    @cached_property
    def sentences(self) -> Float32[np.ndarray, "n d"]:
        """A latent point for each of `rows`."""
        assert self.run.atlas is not None
        mean, scale = self.run.atlas.mean[self.rows], self.run.atlas.scale[self.rows]
        if self.dots == "means" or not self.is_gaussian:
            return mean
        noise = np.random.default_rng(self.seed).standard_normal(mean.shape)
        return (mean + noise * scale).astype(np.float32)

    @cached_property
    def samples(self) -> Float32[np.ndarray, "m d"]:
        """Samples of the prior."""
        return self.run.prior_samples(self.drawn, self.seed)

    @cached_property
    def components(self) -> "Components | None":
        """Components of the prior; None if it is no mixture."""
        from explorer.evaluation.prior_diagnostics import components

        return components(self.run.model.prior())

    @cached_property
    def holes(self) -> "Holes | None":
        """Holes of the prior; None until requested."""
        if not self.with_holes or not self.is_gaussian:
            return None
        return _find(self.run, self.run.stamp, self.seed)

    def points(self, kind: str) -> Float32[np.ndarray, "k d"]:
        """The latent points of marks of a kind."""
        if kind == "s":
            return self.sentences
        if kind == "p":
            return self.samples
        if kind == "c" and self.components is not None:
            return self.components.mean
        if kind == "h" and self.holes is not None and self.holes.items:
            return np.stack([hole.z for hole in self.holes.items]).astype(np.float32)
        return np.empty((0, self.sentences.shape[1]), np.float32)


def _spaced(count: int, most: int) -> np.ndarray:
    """At most so many of `count` indexes, evenly spaced."""
    return np.linspace(0, count - 1, min(count, most)).astype(int)


def drawn_sentences(scene: Scene, selected: tuple[str, int] | None) -> list[int]:
    """Which of the scene's sentences are drawn: a part, and the selected one."""
    spaced = set(_spaced(len(scene.rows), MOST_DOTS).tolist())
    return sorted(spaced | ({selected[1]} if selected and selected[0] == "s" else set()))


def scene(run: Run) -> Scene:
    """Shows the controls above the plane; the scene they describe.

    Raises:
        ExplorerError: If the run has neither a prior nor a density.
    """
    from explorer.evaluation.prior_diagnostics import need_density
    from explorer.models.batch_inference import has_gaussian_posterior

    need_density(run.model, run.folder)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        drawn = st.slider(
            "Samples", 50, 1000, 300, 50, key="drawn", bind="query-params", width=240
        )
        dots = _ask_dots() if has_gaussian_posterior(run.model) else "means"
        decode_settings.decode_settings(run, is_corrected=False)
    asked = st.query_params.get(HOLES_KEY) == "1"
    return Scene(run, drawn, _decoding(run).seed, dots, asked)


def _ask_dots() -> str:
    dots = st.segmented_control(
        "Show each sentence as",
        list(DOTS),
        format_func=DOTS.__getitem__,
        default="draws",
        required=True,
        key="dots",
        bind="query-params",
        help="The prior should match the aggregate posterior, that is, samples from all "
        "posteriors. Even in a perfect model, the means alone are less spread out than the "
        "prior.",
    )
    return dots or "draws"


def show(scene: Scene) -> None:
    """The plane, and beside it the selected mark."""
    from explorer.evaluation.prior_diagnostics import sampling_caveat

    if note := sampling_caveat(scene.run.model):
        st.info(message(note), icon=":material/functions:")
    # On a phone the words come first (page.css).
    wide, side = st.container(key="prior_plane_and_words").columns([5, 3], gap="medium")
    with wide:
        _plane(scene)
    with side:
        shown = read_shown(selection.name(), scene)
        if shown is None:
            _list_samples(scene)
        else:
            _mark(scene, *shown)


def _plane(scene: Scene) -> None:
    from explorer.evaluation.prior_diagnostics import is_standard_normal
    from explorer.ui.prior import charts

    run = scene.run
    pca = PcaView.of(run).plane
    circles = is_standard_normal(run.model.prior())
    asked = (run.stamp, scene.drawn, scene.seed, scene.dots, scene.with_holes)
    name, number = selection.drawn(asked)
    selected = read_shown(name, scene)
    drawn = drawn_sentences(scene, selected)
    figure = charts.plane(pca, _marks(scene, drawn), circles, selected, number)
    alt = (
        f"{len(drawn):,} sentences and {len(scene.samples):,} samples of the {scene.what}, on "
        "the plane of largest variance of the sentences"
    )
    command = reproduce.plane_of_prior(folders.typed(run.folder), scene.drawn, scene.seed)
    click = selection.taking_clicks(asked)
    name = f"{run.name}-prior"
    download_buttons.chart(figure, selection.CHART, alt, command, name, click, fills=True)
    assert run.atlas is not None
    st.caption(
        f"{drawn_of(len(drawn), len(run.atlas), 'sentences of the map')}. All marks are "
        "projected linearly onto one plane, in units of z. Points that are apart here are apart "
        "in latent space; points that coincide may differ in the other "
        f"{max(0, run.atlas.latent_dim - 2)} dimensions."
    )


_MAX_LARGE = 32
"""More components are drawn smaller, so as not to hide the sentences."""


def _marks(scene: Scene, dots: list[int]) -> "list[Marks]":
    from explorer.ui.prior.charts import Marks

    texts = scene.run.texts
    result = [readable(scene.run, texts[row]) for row in scene.rows[dots].tolist()]
    sentences = scene.sentences[dots]
    drawn = [_title(scene, "p", index) for index in range(len(scene.samples))]
    marks = [
        Marks("s", "sentences", sentences, "#5694e9", "circle", 4, result, 0.45, False, dots),
        Marks("p", f"samples of the {scene.what}", scene.samples, ORANGE, "x", 5, drawn),
    ]
    for kind, name, colour, symbol, numbered in (
        ("c", "components", GREEN, "diamond", False),
        ("h", "holes", RED, "circle-open", True),
    ):
        points = scene.points(kind)
        if len(points):
            size = 16 if kind == "h" else 10 if len(points) <= _MAX_LARGE else 6
            result = [_title(scene, kind, index) for index in range(len(points))]
            marks.append(Marks(kind, name, points, colour, symbol, size, result, 1.0, numbered))
    return marks


def _title(scene: Scene, kind: str, index: int) -> str:
    """The title of a mark, with its number in the list if it is in one."""
    number = f" {index + 1}" if kind in "ch" else ""
    return _NAMES[kind].format(what=scene.what) + number


def read_shown(name: str, scene: Scene) -> tuple[str, int] | None:
    """The mark named by the URL; None if it does not exist."""
    match = re.fullmatch(r"([psch])(\d{1,6})", name, re.ASCII)
    if match is None or int(match[2]) >= len(scene.points(match[1])):
        return None
    return match[1], int(match[2])


def _decoding(run: Run) -> Decoding:
    """Each point is decoded once: a draw of the prior shows what the model says of it."""
    return decode_settings.decoding(run, is_corrected=False)


def _list_samples(scene: Scene) -> None:
    st.markdown(f"**Samples of the {scene.what}**  :gray[· click one, or any mark on the plane]")
    z = scene.samples[:_NUM_LISTED]
    texts = scene.run.decode(z, _decoding(scene.run))
    rows = [Row(index, text) for index, text in enumerate(texts)]
    name = f"Samples of the {scene.what}"
    sentence_list(
        rows, name, "prior_samples", lambda row: selection.show(f"p{row}"), "Show on the plane"
    )


def _mark(scene: Scene, kind: str, index: int) -> None:
    run, z = scene.run, scene.points(kind)[index]
    with st.container(key="prior_words"):
        st.markdown(
            f"**{_title(scene, kind, index)}**  :gray[· {markdown(_about(scene, kind, index))}]"
        )
        if kind == "s":
            row = int(scene.rows[index])
            if run.texts_are_real:
                st.html(plain(readable(run, run.texts[row]), quiet=True))
            picks.set_pick(picks.SentencePick(row))  # shared with the other pages
            run_picker.sentence_link()
        decoded = run.decode_tokens(z[None], _decoding(run))[0]
        st.html(shaded(decoded) + shade_key())
    if scene.is_gaussian:
        _density(run, z)
    near = run.neighbours(z, 5)
    st.markdown("**Nearest sentences**  :gray[· cosine distance of centred latents]")
    st.html(
        "".join(plain(readable(run, item.text), True, f"{item.distance:.2f}") for item in near)
    )
    st.button(
        "Back to the samples",
        icon=":material/arrow_back:",
        key="prior_back",
        on_click=selection.show_none,
    )


def _about(scene: Scene, kind: str, index: int) -> str:
    if kind == "c" and scene.components is not None:
        return f"{scene.components.weight[index]:.1%} of the {scene.what}'s mass"
    if kind == "h" and scene.holes is not None:
        hole = scene.holes.items[index]
        return (
            f"log q − log p {hole.depth:.1f} below typical, {hole.share:.1%} of the prior's mass"
        )
    return "decoded from its z"


def _density(run: Run, z: Float32[np.ndarray, " d"]) -> None:
    from explorer.evaluation.prior_diagnostics import log_density

    log_q = run.map_index.log_density(z[None])
    if log_q is None:
        return
    log_p = float(log_density(run.model.prior())(z[None])[0])
    st.caption(
        minus(f"log q(z) (**{log_q[0]:.1f}**) − log p(z) (**{log_p:.1f}**)")
        + f" = {nats(log_q[0] - log_p)}",
        help="q(z) is the average of the posteriors of the sentences on the map, p(z) is the "
        "prior. In high dimensions a finite sample underestimates q(z): compare with other "
        "marks.",
    )


@st.cache_data(max_entries=8, show_spinner="Finding holes…")
def _find(_run: Run, stamp: str, seed: int) -> "Holes":
    from explorer.evaluation.prior_diagnostics import SAMPLES, find_holes

    atlas = _run.atlas
    assert atlas is not None
    z = _run.prior_samples(SAMPLES, seed)
    return find_holes(_run.model, atlas.mean, atlas.scale, z, seed)
