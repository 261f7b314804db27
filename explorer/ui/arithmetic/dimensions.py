"""One latent dimension at a time: its effect on a sentence, and its extreme sentences."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from jaxtyping import Float

from explorer.explore.example_sentences import example_texts
from explorer.explore.readable_texts import readable
from explorer.explore.run import Run
from explorer.latent_space.dimension_words import DimensionWords, dimension_words
from explorer.models.decoding_settings import Decoding
from explorer.ui.components import decode_settings, token_diff, unknown_words
from explorer.ui.components.escaping import markdown, minus, plain
from explorer.ui.components.sentence_list import Row, sentence_list
from explorer.ui.map.component import path_slider
from explorer.ui.session import picks, settings, url

VALUES = np.arange(-12, 13) / 4
"""Decoded positions along a dimension, in prior units: −3 to 3."""

ORDERS = {"variance": "Variance", "rate": "Rate", "number": "Number"}
_VALUE = "value"
_MIN_CORRELATION = 0.2  # with the length of a sentence, to be reported
_NUM_LISTED = 6
_TABLE = "dimension_table"
_DRAWS = 2000  # that estimate the unit of a prior other than N(0, I)


@dataclass(frozen=True, eq=False)
class Units:
    """Prior units: a coordinate is centre + value · unit."""

    centre: Float[np.ndarray, " d"]
    unit: Float[np.ndarray, " d"]
    name: str

    def coordinates(self, dimension: int) -> Float[np.ndarray, " steps"]:
        """Coordinates of `VALUES` along a dimension."""
        return self.centre[dimension] + VALUES * self.unit[dimension]

    def value(self, coordinate: float, dimension: int) -> float:
        """The inverse: units between a coordinate and the centre."""
        unit = float(self.unit[dimension])
        return (coordinate - float(self.centre[dimension])) / unit if unit > 0 else 0.0


@dataclass(frozen=True, eq=False)
class Traversal:
    """A sentence along one dimension."""

    own: str
    """The reconstruction."""
    texts: list[str]
    coordinate: float
    """Of the sentence, along the dimension."""
    is_projected: bool
    """Whether points were projected back into a bounded latent space."""

    @property
    def is_still(self) -> bool:
        """Whether no value changes a word."""
        return set(self.texts) == {self.own}


def ask_sentence(run: Run) -> str | None:
    """The sentence to move: typed, or picked on the map."""
    picked = _picked(run)
    start = settings.example(run, "sentence", picked or picks.shortened(example_texts(run)[0]))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Sentence", start, picks.MOST_TEXT, key="sentence", bind="query-params"
        )
        if picked is not None and text != picked:
            st.button(
                "Use the picked sentence",
                icon=":material/my_location:",
                on_click=_use,
                args=[picked],
            )
    if text and text.strip():
        unknown_words.unknown_notes([run], {"": text})
        return text
    st.info("Type a sentence, or click one in a list below.", icon=":material/edit:")
    return None


def _picked(run: Run) -> str | None:
    pick = picks.pick_of(run)
    if isinstance(pick, picks.SentencePick):
        return picks.shortened(run.texts[pick.index])
    return pick.text if isinstance(pick, picks.TextPick) else None


def _use(text: str) -> None:
    st.session_state["sentence"] = picks.shortened(text)


def ask_dimension(run: Run) -> tuple[int, str]:
    """The chosen dimension, and the order of the list."""
    rates = rate_by_dimension(run)
    orders = [name for name in ORDERS if name != "rate" or rates is not None]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order = st.segmented_control(
            "Order",
            orders,
            format_func=ORDERS.__getitem__,
            default=orders[0],
            required=True,
            key="order",
            bind="query-params",
            help="Variance: of the posterior means of the sentences in the dimension; a "
            "dimension with variance near 0 is inactive. Rate: KL of the dimension, nats "
            "per sentence.",
        )
        numbers = ordered(run, order or orders[0])
        dimension = st.selectbox(
            "Dimension", numbers, format_func=str, key="dimension", bind="query-params", width=130
        )
        decode_settings.decode_settings(run)
    return dimension, order or orders[0]


def ordered(run: Run, order: str) -> list[int]:
    """All dimensions, the largest value first."""
    rates = rate_by_dimension(run)
    values = rates if order == "rate" and rates is not None else variances(run)
    if order == "number":
        return list(range(len(values)))
    return np.argsort(-values, kind="stable").tolist()


def variances(run: Run) -> Float[np.ndarray, " d"]:
    """Variance of the posterior means of the sentences on the map."""
    assert run.atlas is not None
    return run.atlas.mean.var(axis=0, dtype=np.float64)


def rate_by_dimension(run: Run) -> Float[np.ndarray, " d"] | None:
    """Nats per sentence; None if not measured by dimension."""
    rates = run.metrics.get("rate", {}).get("by_dimension")
    size = run.config.model.latent_dim
    if not isinstance(rates, list) or len(rates) != size:
        return None
    return np.array(rates, np.float64)


def units(run: Run) -> Units:
    """The units of a run's latent space."""
    return _units(run, run.stamp)


@st.cache_data(max_entries=8, show_spinner=False)
def _units(_run: Run, stamp: str) -> Units:
    from explorer.evaluation.prior_diagnostics import is_standard_normal

    atlas = _run.atlas
    assert atlas is not None
    size = atlas.latent_dim
    if not _run.model.latent.has_rate:
        name = "standard deviations of the sentences, since an autoencoder has no prior"
        return Units(atlas.mean.mean(axis=0), atlas.mean.std(axis=0), name)
    if is_standard_normal(_run.model.prior()):
        return Units(np.zeros(size), np.ones(size), "prior units: the prior is N(0, I)")
    draws = _run.prior_samples(_DRAWS)
    name = f"standard deviations of the prior, from {_DRAWS:,} samples"
    return Units(draws.mean(axis=0), draws.std(axis=0), name)


def traverse(run: Run, text: str, dimension: int, decoding: Decoding) -> Traversal:
    """A sentence at all values of one dimension, decoded with its reconstruction in one batch."""
    return _traverse(run, run.stamp, text, dimension, decoding)


@st.cache_data(max_entries=64, show_spinner=False)
def _traverse(_run: Run, stamp: str, text: str, dimension: int, decoding: Decoding) -> Traversal:
    z = _run.encode([text])
    wanted = units(_run).coordinates(dimension)
    points = _run.traverse(z[0], dimension, wanted)
    own, *texts = _run.decode(np.concatenate([z, points]), decoding)
    moved = not np.allclose(points[:, dimension], wanted, atol=1e-4)
    return Traversal(own, texts, float(z[0, dimension]), moved)


@st.cache_data(max_entries=32, show_spinner=False)
def _words_changed(_run: Run, stamp: str, text: str) -> list[int]:
    """Words that each dimension changes at −3 and 3, decoded greedily in one batch."""
    z = _run.encode([text])
    unit = units(_run)
    points = [
        _run.traverse(z[0], dimension, unit.coordinates(dimension)[[0, -1]])
        for dimension in range(z.shape[1])
    ]
    own, *texts = _run.decode(np.concatenate([z, *points]))
    changed = [sum(token.differs for token in token_diff.marked([own, text])[1]) for text in texts]
    return [low + high for low, high in zip(changed[::2], changed[1::2], strict=True)]


def show(run: Run, traversal: Traversal, dimension: int) -> None:
    """The slider along a dimension."""
    unit = units(run)
    own = unit.value(traversal.coordinate, dimension)
    st.markdown(f"**Dimension {dimension}**  :gray[· the sentence is at {_signed(own)}]")
    if traversal.is_still:
        st.info(
            "No value from −3 to 3 changes any word of this sentence: the decoder ignores "
            f"dimension {dimension} here.",
            icon=":material/hearing_disabled:",
        )
    position = path_slider(
        traversal.texts,
        path=f"dimension-{dimension}",
        ends=("−3", "3"),
        position=url.position(_VALUE, VALUES, 0.0),
        names=[_signed(value) for value in VALUES],
        against=traversal.own,
        key="dimension_slider",
    )
    url.write_position(_VALUE, VALUES, 0.0, position)
    st.caption(f"In {unit.name}. Marked: words that differ from the reconstruction:")
    st.html(plain(traversal.own, quiet=True))
    if traversal.is_projected:
        st.caption(
            "This latent space is bounded: points outside are projected onto it, so other "
            "coordinates may change too."
        )


def extremes(run: Run, dimension: int) -> None:
    """The sentences of the map with the lowest and the highest coordinate, and their words."""
    assert run.atlas is not None
    along = run.atlas.mean[:, dimension]
    order = np.argsort(along, kind="stable")
    unit = units(run)
    st.markdown(
        f"**Extreme sentences of dimension {dimension}**  :gray[· click one to use it]",
        help="By posterior mean. The words are those whose sentences, over the whole map, lie "
        "farthest to that side, by at least five standard errors; otherwise none is given.",
    )
    words_of = _sides(run, run.stamp, run.texts_are_real)[dimension]
    sides = (
        ("Lowest", words_of.low, order[:_NUM_LISTED]),
        ("Highest", words_of.high, order[::-1][:_NUM_LISTED]),
    )
    for column, (name, words, rows) in zip(st.columns(2), sides, strict=True):
        column.caption(f"{name}: **{', '.join(map(markdown, words))}**" if words else name)
        listed = [
            Row(
                int(row),
                readable(run, run.texts[row]),
                _signed(unit.value(float(along[row]), dimension)),
            )
            for row in rows
        ]
        with column:
            sentence_list(
                listed,
                f"{name} on dimension {dimension}",
                f"dimension_{name.lower()}",
                lambda row: _use(run.texts[row]),
                "Use this sentence",
            )

    if abs(words_of.length) >= _MIN_CORRELATION:
        longer = "Longer" if words_of.length > 0 else "Shorter"
        number = minus(f"{words_of.length:.2f}")
        st.caption(f"{longer} sentences have higher values: correlation with length {number}.")


@st.cache_data(max_entries=8, show_spinner=False)
def _sides(_run: Run, stamp: str, is_real: bool) -> list[DimensionWords]:
    assert _run.atlas is not None
    return dimension_words(_run.texts, _run.atlas.mean)


def table(run: Run, text: str | None, order: str, dimension: int) -> None:
    """All dimensions, the current one ticked; a click on a row chooses one."""
    numbers = ordered(run, order)
    with st.spinner("Finding the words of each dimension…"):
        words_of = _sides(run, run.stamp, run.texts_are_real)
    columns: dict[str, list[float] | list[str]] = {
        "dimension": [float(number) for number in numbers],
        "low – high": [
            f"{', '.join(words_of[number].low)} – {', '.join(words_of[number].high)}"
            for number in numbers
        ],
        "variance": variances(run)[numbers].tolist(),
    }
    rates, still = rate_by_dimension(run), 0
    if rates is not None:
        columns["rate, nats"] = rates[numbers].tolist()
    if text is not None:
        reach = _words_changed(run, run.stamp, text)
        columns["words changed"] = [float(reach[number]) for number in numbers]
        still = reach.count(0)

    def chosen() -> None:
        picked = st.session_state[_TABLE]["selection"]["rows"]
        if picked and picked[0] < len(numbers):
            st.session_state["dimension"] = numbers[picked[0]]

    _tick(numbers.index(dimension))
    st.dataframe(
        columns,
        hide_index=True,
        key=_TABLE,
        on_select=chosen,
        selection_mode="single-row",
        height=420,
        column_config=_column_config(),
    )
    if still:
        st.caption(f"{still} of {len(numbers)} dimensions change no word of this sentence.")


def _column_config() -> dict[str, Any]:
    return {
        "dimension": st.column_config.NumberColumn(format="%d", width="small"),
        "variance": st.column_config.NumberColumn(
            format="%.3f",
            help="Variance of the posterior means of the sentences on the map, in squared units "
            "of z. That of a prior N(0, I) is 1; near 0 the dimension is inactive.",
        ),
        "rate, nats": st.column_config.NumberColumn(
            format="%.3f", help="KL of the dimension, nats per sentence, on the test split."
        ),
        "words changed": st.column_config.NumberColumn(
            format="%d", help="In this sentence, at −3 and 3 together, with greedy decoding."
        ),
        "low – high": st.column_config.TextColumn(
            help="The words whose sentences lie farthest to each side."
        ),
    }


def _tick(row: int) -> None:
    """Ticks a row, which Streamlit does not do when order or dimension change."""
    known = st.session_state
    if _TABLE not in known or known[_TABLE]["selection"]["rows"] != [row]:
        known[_TABLE] = {"selection": {"rows": [row], "columns": [], "cells": []}}


def _signed(value: float) -> str:
    return minus(f"{value:+.2f}") if value else "0"
