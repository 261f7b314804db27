"""One latent dimension at a time: what it changes, and which sentences lie far out on it."""

import re
from dataclasses import dataclass

import numpy as np
import streamlit as st
from jaxtyping import Float

from explorer.explore.decoded_path import examples
from explorer.explore.run import Run
from explorer.latent_space.dimension_words import DimensionWords, dimension_words
from explorer.models.decoding_settings import Decoding
from explorer.ui.components import decode_settings, token_diff, unknown_words
from explorer.ui.components.escaping import markdown, plain
from explorer.ui.components.sentence_list import Row, sentence_list
from explorer.ui.map.component import path_slider
from explorer.ui.session import picks, settings

VALUES = np.arange(-12, 13) / 4
"""Where a sentence is decoded along a dimension, prior units: −3 to 3."""

ORDERS = {"variance": "Variance", "rate": "Rate", "number": "Number"}
_VALUE = "value"
_TELLING = 0.2  # correlation with the length that is told
_LISTED = 6
_TABLE = "dimension_table"
_DRAWS = 2000  # of a prior that is not N(0, I), for its unit


@dataclass(frozen=True, eq=False)
class Units:
    """What a prior unit is: coordinates are centre + value · unit."""

    centre: Float[np.ndarray, " d"]
    unit: Float[np.ndarray, " d"]
    told: str

    def coordinates(self, dimension: int) -> Float[np.ndarray, " steps"]:
        """Of the values along a dimension."""
        return self.centre[dimension] + VALUES * self.unit[dimension]

    def value(self, coordinate: float, dimension: int) -> float:
        """The inverse: how many units a coordinate lies from the centre."""
        unit = float(self.unit[dimension])
        return (coordinate - float(self.centre[dimension])) / unit if unit > 0 else 0.0


@dataclass(frozen=True, eq=False)
class Traversal:
    """A sentence along one dimension."""

    own: str
    """The sentence at its own place, decoded."""
    texts: list[str]
    coordinate: float
    """Of the sentence's own place."""
    is_brought_back: bool
    """Whether points had to be moved, because the latent space is bounded."""

    @property
    def is_still(self) -> bool:
        """Whether no value changes a word."""
        return set(self.texts) == {self.own}


def ask_sentence(run: Run) -> str | None:
    """The sentence that is moved: typed, or what is picked on the map."""
    picked = _picked(run)
    start = settings.example(run, "sentence", picked or picks.shortened(examples(run)[0]))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Sentence", start, picks.MOST_TEXT, key="sentence", bind="query-params"
        )
        if picked is not None and text != picked:
            st.button(
                "Take the picked one", icon=":material/my_location:", on_click=_take, args=[picked]
            )
    if text and text.strip():
        unknown_words.unknown_notes([run], {"": text})
        return text
    st.info("Type a sentence, or click one of a list below.", icon=":material/edit:")
    return None


def _picked(run: Run) -> str | None:
    pick = picks.pick_of(run)
    if isinstance(pick, picks.SentencePick):
        return picks.shortened(run.texts[pick.index])
    return pick.text if isinstance(pick, picks.TextPick) else None


def _take(text: str) -> None:
    st.session_state["sentence"] = picks.shortened(text)


def ask_dimension(run: Run) -> tuple[int, str]:
    """The dimension, out of a list, and the order of the list."""
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
            help="Variance: of the sentences' posterior means along the dimension; what hardly "
            "varies says nothing. Rate: nats a sentence that the dimension costs.",
        )
        numbers = ordered(run, order or orders[0])
        dimension = st.selectbox(
            "Dimension", numbers, format_func=str, key="dimension", bind="query-params", width=130
        )
        decode_settings.decode_settings(run)
    return dimension, order or orders[0]


def ordered(run: Run, order: str) -> list[int]:
    """All dimensions, the one that matters most first."""
    rates = rate_by_dimension(run)
    values = rates if order == "rate" and rates is not None else variances(run)
    if order == "number":
        return list(range(len(values)))
    return np.argsort(-values, kind="stable").tolist()


def variances(run: Run) -> Float[np.ndarray, " d"]:
    """Of the posterior means of the sentences on the map."""
    assert run.atlas is not None
    return run.atlas.mean.var(axis=0, dtype=np.float64)


def rate_by_dimension(run: Run) -> Float[np.ndarray, " d"] | None:
    """Nats a sentence; None where it was not measured by dimension."""
    found = run.metrics.get("rate", {}).get("by_dimension")
    size = run.config.model.latent_dim
    if not isinstance(found, list) or len(found) != size:
        return None
    return np.array(found, np.float64)


def units(run: Run) -> Units:
    """What −3 to 3 means in a run's latent space."""
    return _units(run, run.stamp)


@st.cache_data(max_entries=8, show_spinner=False)
def _units(_run: Run, stamp: str) -> Units:
    from explorer.evaluation.prior_diagnostics import is_standard_normal

    atlas = _run.atlas
    assert atlas is not None
    size = atlas.latent_dim
    if not _run.model.latent.has_rate:
        told = "standard deviations of the sentences, as an autoencoder has no prior"
        return Units(atlas.mean.mean(axis=0), atlas.mean.std(axis=0), told)
    if is_standard_normal(_run.model.prior()):
        return Units(np.zeros(size), np.ones(size), "prior units: the prior is N(0, I)")
    draws = _run.prior_samples(_DRAWS)
    told = f"the prior's standard deviations, of {_DRAWS:,} draws"
    return Units(draws.mean(axis=0), draws.std(axis=0), told)


def traverse(run: Run, text: str, dimension: int, decoding: Decoding) -> Traversal:
    """A sentence at all values of one dimension, decoded in one batch with its own place."""
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
def _reach(_run: Run, stamp: str, text: str) -> list[int]:
    """How many words each dimension changes at both its ends, decoded greedily in one batch."""
    z = _run.encode([text])
    found = units(_run)
    points = [
        _run.traverse(z[0], dimension, found.coordinates(dimension)[[0, -1]])
        for dimension in range(z.shape[1])
    ]
    own, *texts = _run.decode(np.concatenate([z, *points]))
    changed = [sum(token.differs for token in token_diff.marked([own, text])[1]) for text in texts]
    return [low + high for low, high in zip(changed[::2], changed[1::2], strict=True)]


def show(run: Run, found: Traversal, dimension: int) -> None:
    """The slider along a dimension."""
    unit = units(run)
    own = unit.value(found.coordinate, dimension)
    st.markdown(f"**Dimension {dimension}**  :gray[· the sentence itself is at {_signed(own)}]")
    if found.is_still:
        st.info(
            f"No value from −3 to 3 changes a word of this sentence: the decoder does not listen "
            f"to dimension {dimension} here.",
            icon=":material/hearing_disabled:",
        )
    position = path_slider(
        found.texts,
        path=f"dimension-{dimension}",
        ends=("−3", "3"),
        position=read_position(),
        names=[_signed(value) for value in VALUES],
        against=found.own,
        key="dimension_slider",
    )
    _write_position(position)
    st.caption(f"In {unit.told}. Marked: words that the sentence, decoded, does not have there:")
    st.html(plain(found.own, quiet=True))
    if found.is_brought_back:
        st.caption(
            "This latent space is bounded: points that leave it are brought back to the nearest "
            "of it, so other coordinates may change too."
        )


def extremes(run: Run, dimension: int) -> None:
    """The sentences of the map with the lowest and the highest coordinate: they name it."""
    assert run.atlas is not None
    along = run.atlas.mean[:, dimension]
    order = np.argsort(along, kind="stable")
    unit = units(run)
    st.markdown(
        f"**Sentences farthest out on dimension {dimension}**  :gray[· a click takes one]",
        help="By their posterior means. What those of a side have in common names the dimension; "
        "the words are those whose sentences, all over the map, lie farthest to that side: at "
        "least five standard errors, and none where no word does.",
    )
    told = _sides(run, run.stamp, run.texts_are_real)[dimension]
    sides = (("Lowest", told.low, order[:_LISTED]), ("Highest", told.high, order[::-1][:_LISTED]))
    for column, (name, words, rows) in zip(st.columns(2), sides, strict=True):
        column.caption(f"{name}: **{', '.join(map(markdown, words))}**" if words else name)
        listed = [
            Row(
                int(row),
                run.texts[row],
                _signed(unit.value(float(along[row]), dimension)),
            )
            for row in rows
        ]
        with column:
            sentence_list(
                listed,
                f"{name} on dimension {dimension}",
                f"dimension_{name.lower()}",
                lambda row: _take(run.texts[row]),
                "Take this sentence",
            )

    if abs(told.length) >= _TELLING:
        way = "Longer" if told.length > 0 else "Shorter"
        number = f"{told.length:.2f}".replace("-", "−")
        st.caption(f"{way} sentences lie higher on it: correlation with the words {number}.")


@st.cache_data(max_entries=8, show_spinner=False)
def _sides(_run: Run, stamp: str, is_real: bool) -> list[DimensionWords]:
    assert _run.atlas is not None
    return dimension_words(_run.texts, _run.atlas.mean)


def table(run: Run, text: str | None, order: str, dimension: int) -> None:
    """All dimensions, the shown one ticked; a click on a row chooses one."""
    numbers = ordered(run, order)
    with st.spinner("Reading what they tell apart…"):
        told = _sides(run, run.stamp, run.texts_are_real)
    columns: dict[str, list[float] | list[str]] = {
        "dimension": [float(number) for number in numbers],
        "low – high": [
            f"{', '.join(told[number].low)} – {', '.join(told[number].high)}" for number in numbers
        ],
        "variance": variances(run)[numbers].tolist(),
    }
    rates, still = rate_by_dimension(run), 0
    if rates is not None:
        columns["rate, nats"] = rates[numbers].tolist()
    if text is not None:
        reach = _reach(run, run.stamp, text)
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
        column_config={
            "dimension": st.column_config.NumberColumn(format="%d", width="small"),
            "variance": st.column_config.NumberColumn(
                format="%.3f",
                help="Of the posterior means of the sentences on the map, squared units of z. The "
                "prior's is 1 where it is N(0, I); near 0 the dimension says nothing.",
            ),
            "rate, nats": st.column_config.NumberColumn(
                format="%.3f", help="What the dimension costs, nats a sentence, on the test split."
            ),
            "words changed": st.column_config.NumberColumn(
                format="%d", help="Of this sentence, at −3 and at 3 together, decoded greedily."
            ),
            "low – high": st.column_config.TextColumn(
                help="The words whose sentences lie farthest out on each side."
            ),
        },
    )
    if still:
        st.caption(f"{still} of {len(numbers)} dimensions change no word of this sentence.")


def _tick(row: int) -> None:
    """A tick stays with its row when the order changes, or another dimension is chosen above."""
    known = st.session_state
    if _TABLE not in known or known[_TABLE]["selection"]["rows"] != [row]:
        known[_TABLE] = {"selection": {"rows": [row], "columns": [], "cells": []}}


def read_position() -> int:
    """The step of the value in the address; that of 0 for anything else."""
    text = st.query_params.get(_VALUE, "")
    wanted = float(text) if re.fullmatch(r"-?\d(\.\d{1,2})?", text, re.ASCII) else 0.0
    near = np.flatnonzero(np.isclose(VALUES, wanted))
    return int(near[0]) if len(near) else len(VALUES) // 2


def _write_position(step: int) -> None:
    wanted = f"{VALUES[step]:g}"
    if st.query_params.get(_VALUE, "0") != wanted:
        st.query_params[_VALUE] = wanted


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−") if value else "0"
