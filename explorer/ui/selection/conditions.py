"""Selecting sentences by a condition that is chosen or typed."""

from collections import Counter
from collections.abc import Callable
from functools import partial

import streamlit as st

from explorer.explore.column_criteria import Range
from explorer.explore.columns import COLUMNS
from explorer.explore.criteria import CRITERIA, DEFAULT_NEAR, Near
from explorer.explore.criterion import Criterion, TextCriterion
from explorer.explore.run import Run
from explorer.ui.session import picks, selections

_KEY = "condition"
_MAX_OPTIONS = 500


def ask(run: Run, add: Callable[[Run, Criterion], None]) -> None:
    """The form of a condition, and the selection as text.

    Args:
        run: The run.
        add: Called with a condition once it is to select.
    """
    with st.popover("Select by…", icon=":material/filter_alt:", type="tertiary", key="select_by"):
        kinds = _kinds(run)
        kind = st.selectbox("Select sentences by", list(kinds), format_func=_capitalised, key=_KEY)
        condition = kinds[kind](run)
        st.button(
            "Select",
            icon=":material/select:",
            type="primary",
            key=f"{_KEY}_add",
            disabled=condition is None,
            on_click=lambda: add(run, condition) if condition is not None else None,
        )
        _as_text(run)


def _kinds(run: Run) -> dict[str, Callable[[Run], Criterion | None]]:
    """Conditions that this map can have, by what the form calls them."""
    kinds: dict[str, Callable[[Run], Criterion | None]] = {}
    for name, item in CRITERIA.items():
        if item is Near and run.has_latent:
            kinds["nearest to a sentence"] = _near
        elif name in COLUMNS:
            values = COLUMNS[name].of(run.needed_atlas)
            if values.min() < values.max():
                kinds[name] = _range_of(name)
        elif issubclass(item, TextCriterion) and item.input and item.options(run) != Counter():
            kinds[item.input.lower()] = partial(_text, item)
    return kinds


def _capitalised(name: str) -> str:
    return name[:1].upper() + name[1:]


def _chosen(title: str, counts: Counter[str]) -> str | None:
    names = [name for name, _ in counts.most_common(_MAX_OPTIONS)]
    return st.selectbox(
        title,
        names,
        format_func=lambda name: f"{name or '(empty)'} · {counts[name]:,}",
        key=f"{_KEY}_{title}",
    )


def _text(item: type[TextCriterion], run: Run) -> Criterion | None:
    options = item.options(run)
    if options is None:
        text = _typed(item.input, item.max_length, item.help)
        return item(text) if text else None
    name = _chosen(item.input, options)
    return None if name is None else item(name)


def _typed(title: str, most: int, help: str | None = None) -> str:
    return st.text_input(title, max_chars=most, key=f"{_KEY}_{title}", help=help).strip()


def _near(run: Run) -> Criterion | None:
    text = _typed("Sentence", picks.MOST_TEXT, Near.help)
    total = len(run.needed_atlas)
    count = st.number_input(
        "How many", 1, total, min(DEFAULT_NEAR, total), key=f"{_KEY}_near_count"
    )
    return Near(text, int(count)) if text else None


def _range_of(name: str) -> Callable[[Run], Criterion | None]:
    def ask_range(run: Run) -> Criterion | None:
        title, unit, of, _ = COLUMNS[name]
        values = of(run.needed_atlas)
        step = 1.0 if values.dtype.kind in "iu" else 0.1
        first, last = float(values.min()), float(values.max())
        first, last = (first // step) * step, -(-last // step) * step
        low, high = st.slider(
            f"{title.capitalize()} ({unit})",
            *(round(first, 1), round(last, 1), (round(first, 1), round(last, 1))),
            step=step,
            format="%.0f" if step == 1 else "%.1f",
            key=f"{_KEY}_{name}",
        )
        ends = None if low <= first else low, None if high >= last else high
        return None if ends == (None, None) else Range(name, *ends)

    return ask_range


def _as_text(run: Run) -> None:
    """The selection as text, to edit or to paste."""
    selection, key = selections.selection_of(run), "selection_text"
    if not selections.problem():  # else what was typed stays, to be mended
        st.session_state[key] = "" if selection is None else str(selection)
    st.text_input(
        "Or as a query",
        key=key,
        placeholder='words:"red bus" and not length:20..',
        help="Conditions joined by `and`, `or`, `not` and parentheses: "
        + ", ".join(f"`{name}:`" for name in CRITERIA)
        + '; for example `length:5..12`, or `near:"some words"~50`.',
        on_change=lambda: selections.set_text(st.session_state[key]),
    )
