"""The selection on the compared maps: one sentence of the corpus, or several."""

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import streamlit as st

from explorer.explore.aligned_maps import Aligned, aligned
from explorer.explore.example_sentences import example_texts
from explorer.explore.map_overlays import Marker
from explorer.explore.map_views import LATENT_VIEWS
from explorer.explore.readable_texts import readable
from explorer.explore.run import Run
from explorer.map_component.map_event import MapEvent
from explorer.system.plurals import number_of
from explorer.ui.compare.runs import Column, reference
from explorer.ui.compare.summary import title
from explorer.ui.components import run_picker, token_diff
from explorer.ui.components.escaping import markdown
from explorer.ui.components.token_diff import Token
from explorer.ui.session import picks, selected_rows
from explorer.ui.session.picks import index_of
from explorer.ui.session.selected_rows import Box, read_box

NEAREST = 5


@dataclass(frozen=True)
class Mark:
    """How a map shows the selection: its point, or a marker where it is encoded."""

    selected: dict[str, Any] | None = None
    overlays: list[Marker] = field(default_factory=list)


@dataclass(frozen=True)
class Words:
    """The text of the selected sentence."""

    text: str
    source: str = ""
    """The run that reconstructed it, where the corpus is not on this machine."""


def take(there: Aligned, event: MapEvent) -> bool:
    """Selects what was clicked on a map; an empty location selects its nearest sentence.

    Returns:
        Whether to rerun: the map shows the click, not the sentence.
    """
    atlas = there.run.atlas
    assert atlas is not None
    if event.kind == "point" and 0 <= event.index < len(atlas):
        selected_rows.choose(int(atlas.row[event.index]))
        return False
    if event.kind == "place":
        away = np.square(there.xy - np.array([event.x, event.y], np.float32)).sum(axis=1)
        selected_rows.choose(int(atlas.row[away.argmin()]))
        return True
    if event.kind == "box" and event.box is not None:
        # As a link has it: rounded.
        drawn = read_box(str(Box(there.run.name, there.view, event.box)))
        selected_rows.choose(None if drawn is None else _within(drawn, there))
    elif event.kind == "clear":
        selected_rows.choose(None)
    return False


def of_link(maps: Iterable[Aligned], chosen: int | Box | None) -> int | Box | None:
    """The selection with its rows, which the maps tell of a box that a link names."""
    if not isinstance(chosen, Box) or chosen.rows is not None:
        return chosen
    for there in maps:
        if there.run.name == chosen.run and chosen.view in LATENT_VIEWS:
            return _within(chosen, aligned(there.run, there.frame, chosen.view))
    return None


def _within(box: Box, there: Aligned) -> Box | None:
    """A box with its rows; None if it is empty."""
    left, right, bottom, top = box.sides
    x, y = there.xy[:, 0], there.xy[:, 1]
    inside = (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
    rows = there.run.needed_atlas.row[inside]
    return replace(box, rows=tuple(rows.tolist())) if len(rows) else None


def mark_of(there: Aligned, chosen: int | Box | None, words: Words | None) -> Mark:
    """The mark of the selected sentence: its point, or where its text is encoded."""
    if not isinstance(chosen, int) or not _same_corpus(there):
        return Mark()
    index = index_of(there.run, chosen)
    if index is not None:
        return Mark({"row": index})
    if words is None:
        return Mark()
    z = _encoded_now(there.run, there.run.stamp, words.text)[0]
    (x, y), *_ = there.move(there.layout.locate(z)[0]).tolist()
    return Mark({"x": x, "y": y}, [Marker(x, y, "encoded here")])


def words_of(maps: Mapping[int, Aligned], chosen: int | Box | None) -> Words | None:
    """The selected sentence: from the corpus, else its best reconstruction."""
    if not isinstance(chosen, int):
        return None
    candidates = []
    for item in maps.values():
        run, atlas = item.run, item.run.atlas
        if atlas is None or not _same_corpus(item):
            continue
        corpus = run.corpus
        if corpus is not None and corpus.checksum == atlas.corpus_checksum:
            return Words(corpus.sentences[chosen]) if chosen < len(corpus.sentences) else None
        index = index_of(run, chosen)
        if index is not None:
            candidates.append((float(atlas.distortion[index]), Words(run.texts[index], run.name)))
    # A collapsed model reconstructs every sentence alike; the lowest distortion avoids it.
    return min(candidates, key=lambda candidate: candidate[0])[1] if candidates else None


def highlight_of(there: Aligned, chosen: int | Box | None) -> np.ndarray | None:
    """The rows of this map within a rectangle drawn on any map."""
    if not isinstance(chosen, Box) or there.run.atlas is None or not _same_corpus(there):
        return None
    return np.flatnonzero(np.isin(there.run.atlas.row, chosen.rows or ()))


def show(
    columns: Sequence[Column],
    maps: Mapping[int, Aligned],
    chosen: int | Box | None,
    words: Words | None,
) -> None:
    """The selected sentence, and its reconstruction by each run."""
    if chosen is None:
        st.info(
            "Click a sentence on one map to highlight it on the others and see its "
            "reconstruction by every run. Shift-drag with a mouse selects several.",
            icon=":material/ads_click:",
        )
        return
    if isinstance(chosen, Box):
        _several(maps, chosen)
        return
    if words is None:
        st.caption(f"Row {chosen:,} of the corpus is on none of these maps.")
        return
    whose = f", as reconstructed by {markdown(words.source)}" if words.source else ""
    st.markdown(f"**The sentence{whose}**  :gray[· row {chosen:,} of the corpus]")
    st.html(token_diff.sentence([token_diff.Token(words.text, False)]))
    with st.spinner("Reconstructing…"):
        results = {
            number: result
            for number, there in maps.items()
            if (result := result_of(there, chosen, words)) is not None
        }
    _answers(columns, maps, results, words)


def example(columns: Sequence[Column]) -> str:
    """An example: the selected or typed sentence, else one of the healthiest run."""
    with_map = [column for column in columns if column.run.atlas is not None]
    # The healthiest run first: without the corpus, a collapsed one has one text for all.
    mapped = [column.run for column in with_map]
    if with_map:
        best = reference(with_map).run
        mapped.sort(key=lambda run: run is not best)
    chosen = selected_rows.chosen()
    for run in mapped:
        index = index_of(run, chosen) if isinstance(chosen, int) else None
        if index is not None:
            return run.texts[index]
    if typed := picks.typed():
        return typed
    return example_texts(mapped[0])[0] if mapped else ""


@dataclass(frozen=True)
class Result:
    """A sentence in one run."""

    reconstruction: str
    distortion: float
    rate: float
    near: list[tuple[int, str]]
    """Corpus row and text of its nearest sentences."""
    on_map: bool


def _answers(
    columns: Sequence[Column],
    maps: Mapping[int, Aligned],
    results: Mapping[int, Result],
    words: Words,
) -> None:
    marks = dict(
        zip(
            results,
            token_diff.marked([result.reconstruction for result in results.values()]),
            strict=True,
        )
    )
    near = [{row for row, _ in result.near} for result in results.values()]
    common = set.intersection(*near) if len(near) > 1 else set()
    for container, column in zip(st.columns(len(columns), gap="small"), columns, strict=True):
        with container:
            st.html(title(column))
            result = results.get(column.number)
            if result is None:
                st.caption(_why_not(maps.get(column.number)))
                continue
            st.html(_answer(column, marks[column.number], result, common))
            if not result.on_map:
                what = "the text above" if words.source else "it"
                st.caption(f"Not on this map: {what} was encoded now.")
                continue
            label, icon = "Open on this map", ":material/scatter_plot:"
            run_picker.run_link("map", label, icon, column.typed)


def _answer(column: Column, words: Sequence[Token], result: Result, common: set[int]) -> str:
    return (
        f'<div data-run="{html.escape(column.name)}">{token_diff.sentence(words)}'
        f"<p class='side'><small>distortion <b>{result.distortion:.1f}</b> nats · rate "
        f"<b>{result.rate:.1f}</b> nats</small></p>{_near(result, common)}</div>"
    )


def result_of(there: Aligned, row: int, words: Words) -> Result | None:
    """The stored result of a sentence; computed from its text if it is not on the map."""
    run, atlas = there.run, there.run.atlas
    if atlas is None or not _same_corpus(there):
        return None
    index = index_of(run, row)
    if index is None:
        z, reconstruction, distortion, rate = _encoded_now(run, run.stamp, words.text)
    else:
        z, reconstruction = atlas.mean[index], atlas.reconstruction[index]
        distortion, rate = float(atlas.distortion[index]), float(atlas.rate[index])
    near = run.neighbours(z.reshape(-1), NEAREST + 1)
    others = [item for item in near if item.index != index][:NEAREST]
    rows = [(int(atlas.row[item.index]), readable(run, item.text)) for item in others]
    return Result(reconstruction, distortion, rate, rows, index is not None)


@st.cache_data(max_entries=64, show_spinner=False)
def _encoded_now(_run: Run, stamp: str, text: str) -> tuple[np.ndarray, str, float, float]:
    """Posterior mean, reconstruction, distortion and rate of a sentence."""
    z = _run.encode([text])
    (distortion,), (rate,) = _run.score([text])
    return z, _run.decode(z)[0], float(distortion), float(rate)


def _near(result: Result, common: set[int]) -> str:
    items = "".join(
        f"<li dir='auto'>{'<b>=</b> ' if row in common else ''}{html.escape(text)}</li>"
        for row, text in result.near
    )
    return f"<small>nearest sentences{', = in all' if common else ''}</small><ul>{items}</ul>"


def _why_not(there: Aligned | None) -> str:
    if there is None:
        return "No map, so no stored result."
    return "Trained on another corpus, without this sentence."


def _several(maps: Mapping[int, Aligned], chosen: Box) -> None:
    drawn = chosen.rows or ()
    count = len(drawn)
    what = number_of(count, "sentence")
    st.markdown(f"**{what}** in the rectangle, highlighted on every map that has them.")
    there = next(iter(maps.values()))
    for item in maps.values():
        shown = highlight_of(item, chosen)
        there = item if shown is not None and len(shown) == count else there
    rows = [index for row in drawn[:8] if (index := index_of(there.run, row)) is not None]
    texts = there.run.texts
    st.markdown("\n".join(f"- {markdown(readable(there.run, texts[index]))}" for index in rows))
    if count > len(rows):
        st.caption(f"The first {len(rows)} are listed. Escape on a map clears the selection.")


def _same_corpus(there: Aligned) -> bool:
    own, other = there.run.atlas, there.frame.atlas
    assert own is not None and other is not None
    return own.corpus_checksum == other.corpus_checksum
