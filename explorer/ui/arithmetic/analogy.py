"""Sentence arithmetic: C + k·(B − A), decoded for every k, beside a random direction."""

import shlex
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
import streamlit as st
from jaxtyping import Float32, Int

from explorer.explore import sentence_groups
from explorer.explore.decoded_path import DecodedPath, path_density
from explorer.explore.map_overlays import Marker, Overlay, Path
from explorer.explore.map_views import DEFAULT_VIEW, VIEWS, MapView, view_of
from explorer.explore.opening_examples import opening_analogy
from explorer.explore.readable_texts import readable
from explorer.explore.run import Run
from explorer.latent_space.arithmetic import random_direction
from explorer.models.decoding_settings import Decoding
from explorer.runs import folder as folders
from explorer.ui.arithmetic import group_picker
from explorer.ui.components import (
    download_buttons,
    path_controls,
    reproduce,
    token_diff,
    unknown_words,
)
from explorer.ui.components.escaping import minus, plain
from explorer.ui.map import view as map_view
from explorer.ui.map.component import path_slider
from explorer.ui.session import picks, settings, url

MAP = "arithmetic_map"
CORNERS = ("a", "b", "c")
DIRECTIONS = {"sentences": "From A to B", "groups": "Between groups"}
"""Sources of the direction, and their labels, which are also the values in the URL."""

STRENGTHS = np.arange(-4, 13) / 4
"""The decoded k: −1 to 3."""

_K = "times"
_NEXT, _NEXT_END = "_next_corner", "_next_end"
_ZERO = int(np.flatnonzero(STRENGTHS == 0)[0])
_PATH = "arithmetic"

Ends: TypeAlias = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Question:
    """A direction, and the sentence that moves along it."""

    kind: str
    ends: Ends
    """Two sentences or two groups: start and end of the direction."""
    c: str


@dataclass(frozen=True, eq=False)
class Moved:
    """C at every k along the direction, and along a random one of the same length."""

    path: DecodedPath
    control: DecodedPath
    ends: Float32[np.ndarray, "2 d"]
    nearest: Int[np.ndarray, " steps"]
    """Atlas index of the nearest sentence to each result (Euclidean, in latent space)."""
    distance: Float32[np.ndarray, " steps"]
    """Distance to that sentence."""


def take_click(run: Run, kind: str) -> None:
    """Makes clicks on the map A, B and C in turn; between groups, always C.

    Between groups, rectangles become the two ends of the direction in turn.
    """
    event = map_view.take_event(MAP)
    if event is None:
        return
    layout = view_of(run, st.session_state.get("layout", DEFAULT_VIEW))
    if event.box is not None and kind == "groups":
        end = next_end()
        st.session_state[end] = sentence_groups.rectangle(layout.name, event.box)
        st.session_state[_NEXT_END] = "away" if end == "towards" else "towards"
        return
    text = map_view.text_at(run, layout, map_view.pick_from(event, run))
    if text is None:
        return
    corner = next_corner(kind)
    st.session_state[corner] = text
    if kind == "sentences":
        st.session_state[_NEXT] = CORNERS[(CORNERS.index(corner) + 1) % len(CORNERS)]


def next_corner(kind: str) -> str:
    """The sentence that the next click sets, an empty one first."""
    known = st.session_state
    empty = (key for key in CORNERS if key in known and not (known[key] or "").strip())
    return "c" if kind == "groups" else next(empty, known.get(_NEXT, "a"))


def next_end() -> str:
    """The end of the direction that the next rectangle sets."""
    return st.session_state.get(_NEXT_END, "towards")


def ask(run: Run) -> Question | None:
    """Shows the controls; the question they pose, or None while incomplete."""
    kind = st.segmented_control(
        "Direction",
        list(DIRECTIONS),
        format_func=DIRECTIONS.__getitem__,
        default="sentences",
        required=True,
        key="direction",
        bind="query-params",
        help="From one sentence to another, or from the mean of one group of sentences to the "
        "mean of another.",
    )
    take_click(run, kind or "sentences")
    return _ask_groups(run) if kind == "groups" else _ask_sentences(run)


def _ask_sentences(run: Run) -> Question | None:
    names = ("A", "is to B", "as C is to …")
    texts = []
    for column, key, name, text in zip(
        st.columns(3), CORNERS, names, opening_analogy(run), strict=True
    ):
        start = settings.example(run, key, text)
        texts.append(
            column.text_input(name, start, picks.MOST_TEXT, key=key, bind="query-params") or ""
        )
    unknown_words.unknown_notes([run], dict(zip("ABC", texts, strict=True)))
    if not all(text.strip() for text in texts):
        st.info(
            "Type three sentences, or click three locations on the map.", icon=":material/edit:"
        )
        return None
    return Question("sentences", (texts[0], texts[1]), texts[2])


def _ask_groups(run: Run) -> Question | None:
    left, middle, right = st.columns(3)
    ends = group_picker.ask(run, left, middle)
    start = settings.example(run, "c", opening_analogy(run)[2])
    c = right.text_input("C", start, picks.MOST_TEXT, key="c", bind="query-params")
    unknown_words.unknown_notes([run], {"C": c or ""})
    if ends is None or not group_picker.tell(run, *ends):
        return None
    if not (c and c.strip()):
        st.info("Type a sentence, or click a location on the map.", icon=":material/edit:")
        return None
    return Question("groups", ends, c)


def move(run: Run, question: Question, decoding: Decoding) -> Moved:
    """C at every k, decoded in one batch with the random direction."""
    arguments = (question.kind, question.ends, question.c)
    return _move(run, run.stamp, run.texts_are_real, *arguments, decoding)


@st.cache_data(max_entries=64, show_spinner=False)
def _move(
    _run: Run, stamp: str, is_real: bool, kind: str, between: Ends, c: str, decoding: Decoding
) -> Moved:
    if kind == "groups":
        a, b = sentence_groups.ends(_run, group_picker.groups_of(_run), *between)
    else:
        a, b = _run.encode(between)
    start = _run.encode([c])[0]
    length = float(np.linalg.norm(b.astype(np.float64) - a))
    chance = random_direction(length, len(start), decoding.seed).astype(np.float32)
    z = _run.analogy(a, b, start, STRENGTHS)
    control = _run.analogy(np.zeros_like(start), chance, start, STRENGTHS)
    texts = _run.decode(np.concatenate([z, control]), decoding)
    count = len(z)
    index, distance = _run.needed_atlas.index.nearest(z, 1, "euclidean")
    return Moved(
        DecodedPath(z, texts[:count]),
        DecodedPath(control, texts[count:]),
        np.stack([a, b]),
        index[:, 0],
        distance[:, 0],
    )


def overlays(layout: MapView, question: Question, moved: Moved, position: int) -> list[Overlay]:
    """The path of results, and the ends of the direction."""
    known = group_picker.groups_of(cast(Run, layout.run))
    is_between = question.kind == "groups"
    names = (
        [sentence_groups.title(known, end) for end in question.ends] if is_between else ("A", "B")
    )
    points, _ = layout.locate(np.concatenate([moved.ends, moved.path.z]))
    marks: list[Overlay] = [
        Marker(x, y, name) for (x, y), name in zip(points[:2], names, strict=True)
    ]
    x, y = points[2 + _ZERO]
    return [*marks, Marker(x, y, "C"), Path(points[2:], _PATH, ("", "k 3"), position)]


def show_map(run: Run, question: Question | None, moved: Moved | None, view: str, by: str) -> None:
    """The map with the path of results; a click sets a sentence."""
    kind = st.session_state["direction"] or "sentences"
    # A rectangle is only defined on a layout of z.
    boxes = kind == "groups" and VIEWS[view].of_latents
    end = "Towards" if next_end() == "towards" else "Away from"
    drawn = f", or Shift-drag a rectangle to set **{end}**" if boxes else ""
    st.caption(f"The next click on the map sets **{next_corner(kind).upper()}**{drawn}.")
    layout = view_of(run, view)
    shown = (
        overlays(layout, question, moved, url.position(_K, STRENGTHS, 1.0))
        if question and moved
        else []
    )
    map_view.show(run, layout, by, overlays=shown, key=MAP, height=460, boxes=boxes)


def show_result(run: Run, question: Question, moved: Moved) -> None:
    """The slider over k, and details of the current k."""
    path, count = moved.path, len(STRENGTHS)
    if path.distinct == 1:
        st.markdown(f"**No k changes any word**, from {_label(0)} to {STRENGTHS[-1]:g}.")
    else:
        direction = "towards − away" if question.kind == "groups" else "B − A"
        st.markdown(f"**C + k·({direction})** · {path_controls.path_summary(path)}")
    position = path_slider(
        path.texts,
        path=_PATH,
        ends=(_label(0), _label(count - 1)),
        position=url.position(_K, STRENGTHS, 1.0),
        names=[_label(step) for step in range(count)],
        against=path.texts[_ZERO],
        key="arithmetic_slider",
    )
    url.write_position(_K, STRENGTHS, 1.0, position)
    if path.distinct > 1:
        st.caption("Marked: words that differ from the reconstruction of C (k = 0).")
    _control(moved, position)
    _nearness(run, moved, position)
    path_controls.density_strip(path_density(run, path), STRENGTHS.tolist(), "k")


def _label(step: int) -> str:
    return minus(f"k = {STRENGTHS[step]:g}")


def _against(path: DecodedPath, own: str, step: int) -> str:
    """The sentence at a step, with the words marked that differ from `own`."""
    return token_diff.sentence(token_diff.marked([own, path.texts[step]])[1])


def _control(moved: Moved, position: int) -> None:
    changed = [_fraction_changed(path) for path in (moved.path, moved.control)]
    st.markdown(
        f"**Control**  :gray[· {_label(position)} along a random direction of the same length]",
        help="Any large step changes some words. What matters is what this direction changes "
        "and a random one does not. The seed under Decoding sets the random direction.",
    )
    st.html(_against(moved.control, moved.path.texts[_ZERO], position))
    st.caption(
        f"Words changed from C, averaged over k: **{changed[0]:.0%}**; along the random "
        f"direction **{changed[1]:.0%}**."
    )


def _fraction_changed(path: DecodedPath) -> float:
    """Fraction of words, over all k, that differ from the sentence at k = 0."""
    tokens = [
        token for text in path.texts for token in token_diff.marked([path.texts[_ZERO], text])[1]
    ]
    return sum(token.differs for token in tokens) / max(len(tokens), 1)


def _nearness(run: Run, moved: Moved, position: int) -> None:
    far, typical = float(moved.distance[position]), run.map_index.typical
    times = f", {far / typical:.1f}× the typical nearest-neighbour distance" if typical else ""
    st.markdown(f"**{far:.2f}** from the nearest sentence in latent space{times}:")
    st.html(plain(readable(run, run.texts[moved.nearest[position]]), quiet=True))


def show_all(run: Run, question: Question, moved: Moved, decoding: Decoding) -> None:
    """Every k along both directions, and the table as a file."""
    own = moved.path.texts[_ZERO]
    with st.expander("All k, next to the random direction", icon=":material/compare_arrows:"):
        titles = ("This direction", "A random direction of the same length")
        for column, title, path in zip(
            st.columns(2), titles, (moved.path, moved.control), strict=True
        ):
            column.markdown(f"**{title}** · {path_controls.path_summary(path)}")
            rows = (token_diff.marked([own, text])[1] for text in path.texts)
            column.html(
                "".join(
                    token_diff.sentence(tokens, _label(step)) for step, tokens in enumerate(rows)
                )
            )
        columns = {
            "k": STRENGTHS.tolist(),
            "sentence": moved.path.texts,
            "distance": moved.distance.tolist(),
            "random_direction": moved.control.texts,
        }
        download_buttons.table_files(
            columns,
            f"{run.name}-arithmetic",
            "arithmetic_table",
            _command(run, question, decoding),
        )


def _command(run: Run, question: Question, decoding: Decoding) -> str:
    """The command with the same result."""
    values = [f"{k:g}" for k in STRENGTHS]
    start, end = question.ends
    is_between = question.kind == "groups"
    path = [f"--towards={end}", f"--away={start}"] if is_between else [start, end]
    arguments = shlex.join([*path, question.c, "--k", *values])
    return folders.command("arithmetic", run.folder, arguments + reproduce.flags(decoding))
