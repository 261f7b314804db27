"""The selected sentences as a table, linked to the map, with its downloads."""

import zlib

import numpy as np
import streamlit as st
from jaxtyping import Int

from explorer.explore import columns
from explorer.explore.run import Run
from explorer.explore.selection import Selection
from explorer.explore.selection_table import PAGE, ordered, orders, table_of, with_file
from explorer.system.table_writers import as_csv, as_parquet
from explorer.ui.components import copy_button
from explorer.ui.components.download_buttons import file_button, reproduced_by
from explorer.ui.session import picks
from explorer.ui.session.picks import SentencePick

_PAGE, _PAGED = "listed_page", "_paged_selection"
_CORPUS_ORDER = ""
_MAX_COPIED = 1000
_HEIGHT, _LOW = 330, 146  # pixels; the lower one beside the summary
_PICKED = "_picked_in_table"
_HIDDEN = ("projection_x", "projection_y")  # in the files alone


def last_pick() -> SentencePick | None:
    """The sentence that was last picked in the table."""
    return st.session_state.get(_PICKED)


def show(
    run: Run, selection: Selection, rows: Int[np.ndarray, " rows"], low: bool = False
) -> None:
    """The sentences, a line each; a click on a line picks it on the map.

    Args:
        run: The run.
        selection: What is selected.
        rows: Its atlas indexes.
        low: Whether to leave room for what follows.
    """
    listed, part = _page(run, selection, rows)
    table = table_of(run, listed)
    text = next(iter(table))
    key = f"selected_{zlib.crc32(f'{run.stamp} {selection} {part}'.encode()):08x}"

    def picked() -> None:
        chosen = st.session_state[key]["selection"]["rows"]
        if chosen and chosen[0] < len(listed):
            pick = SentencePick(int(listed[chosen[0]]))
            st.session_state[_PICKED] = pick
            picks.set_pick(pick)

    st.dataframe(
        {name: values for name, values in table.items() if name not in _HIDDEN},
        hide_index=True,
        height=min(_LOW if low else _HEIGHT, 36 * (len(listed) + 1) + 2),
        key=key,
        on_select=picked,
        selection_mode="single-row",
        column_config={
            text: st.column_config.TextColumn(width="large"),
            "length": st.column_config.NumberColumn(help="Tokens."),
            "distortion": st.column_config.NumberColumn(
                format="%.1f", help="−log p(x | z), nats per sentence."
            ),
            "rate": st.column_config.NumberColumn(format="%.1f", help="Nats per sentence."),
            "row": st.column_config.NumberColumn(format="%d", help="From the corpus."),
        },
        alt=f"The {len(rows):,} selected sentences",
    )
    _files(run, selection, rows, table[text])


def _page(
    run: Run, selection: Selection, rows: Int[np.ndarray, " rows"]
) -> tuple[Int[np.ndarray, " page"], str]:
    """The sentences that are listed, and what tells this list from others.

    A table of a page sorts itself in the browser; of several, the order is chosen above it.
    """
    if len(rows) <= PAGE:
        return rows, ""
    known, pages = st.session_state, -(-len(rows) // PAGE)
    if known.setdefault(_PAGED, selection) != selection:
        known[_PAGED], known[_PAGE] = selection, 1
    with st.container(horizontal=True, vertical_alignment="bottom", key="selection_order"):
        by = st.selectbox(
            "Order",
            [_CORPUS_ORDER, *orders(run)],
            format_func=lambda name: _title(run, name),
            key="listed_by",
            bind="query-params",
            width=150,
        )
        descending = st.toggle("Descending", key="listed_down", bind="query-params")
    ranked = ordered(run, rows, by or _CORPUS_ORDER, descending)
    number = st.pagination(pages, max_visible_pages=5, key=_PAGE, bind="query-params")
    first = (min(number, pages) - 1) * PAGE
    listed = ranked[first : first + PAGE]
    st.caption(f"{first + 1:,} to {first + len(listed):,} of {len(rows):,} in this order")
    return listed, f"{by} {descending} {number}"


def _title(run: Run, by: str) -> str:
    title = columns.of(run, by).title if by else "corpus"
    return title[:1].upper() + title[1:]


def _files(
    run: Run, selection: Selection, rows: Int[np.ndarray, " rows"], texts: list[str]
) -> None:
    copied = texts[:_MAX_COPIED]
    part = "" if len(copied) == len(rows) else f" first {len(copied):,}"
    with st.container(horizontal=True, vertical_alignment="center", key="selection_files"):
        copy_button.copy_button("\n".join(copied), f"Copy{part}", key="selection_copy")
        name = f"{run.name}-selection"
        help = f"Download all {len(rows):,}"
        file_button(
            "CSV", lambda: as_csv(_values(run, rows)), f"{name}.csv", "selection_csv", help
        )
        file_button(
            "Parquet",
            lambda: as_parquet(with_file(run, rows)),
            f"{name}.parquet",
            "selection_parquet",
            help,
        )
        reproduced_by(
            f"from explorer import open_run\n\nrun = open_run({run.name!r})\n"
            f"rows = run.select({str(selection)!r})"
        )


def _values(run: Run, rows: Int[np.ndarray, " rows"]) -> dict[str, list]:
    """The columns as Python values, whose digits CSV writes in full."""
    return {
        name: values.tolist() if isinstance(values, np.ndarray) else values
        for name, values in with_file(run, rows).items()
    }
