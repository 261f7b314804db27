"""Two selections compared: one that is held as A, and the one that is selected now, B."""

from collections.abc import Callable

import numpy as np
import streamlit as st
from jaxtyping import Int

from explorer.errors import ExplorerError
from explorer.explore import selection_comparison
from explorer.explore.run import Run
from explorer.explore.selection import Selection, described, rows_of
from explorer.explore.selection_comparison import NO_DIRECTION, Comparison
from explorer.explore.selection_summary import STEPS
from explorer.system.cache import Cache
from explorer.ui.components import decode_settings
from explorer.ui.components.escaping import markdown, message, plain
from explorer.ui.selection import parts
from explorer.ui.session import open_runs, selections

KEY = "comparing"
"""Whether the comparison is open, in the session and in the address."""

_comparisons: Cache[tuple[Comparison, tuple[str, ...]]] = Cache(32)


def show(run: Run, selection: Selection, rows: Int[np.ndarray, " rows"]) -> None:
    """Holds a selection as A, and compares the next one with it once that is asked for."""
    box = parts.box("Compare with another selection", ":material/compare_arrows:", KEY)
    if box is None:
        return
    with box:
        held = selections.held_of(run)
        if held is None:
            st.caption("Hold this selection as A, then select another: the two are compared here.")
            _hold_button(selection)
            return
        _heading("A", held, selections.clear_held)
        if str(held) == str(selection):
            st.caption("Now select others, by lasso, search or a condition: they become B.")
            return
        _heading("B", selection, None)
        try:
            with st.spinner("Comparing with random groups…", show_time=True):
                compared, decoded = _compared(run, held, selection, rows)
        except ExplorerError as error:
            st.warning(f"{message(str(error))}.", icon=":material/error:")
            return
        _results(run, compared, decoded)
        _swap_button(held, selection)


def _hold_button(selection: Selection) -> None:
    st.button(
        "Hold as A",
        icon=":material/push_pin:",
        key="hold_selection",
        on_click=lambda: selections.set_held(selection),
    )


def _swap_button(held: Selection, selection: Selection) -> None:
    def swap() -> None:
        selections.set_held(selection)
        selections.set_selection(held)

    st.button("Swap A and B", icon=":material/swap_horiz:", key="swap_held", on_click=swap)


def _heading(name: str, selection: Selection, clear: Callable[[], None] | None) -> None:
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        words = described(selection)
        st.markdown(f"**{name}** {markdown(words)}", width="stretch")
        if clear is not None:
            st.button(
                "Forget A",
                icon=":material/close:",
                type="tertiary",
                key="forget_held",
                on_click=clear,
            )


def _compared(
    run: Run, held: Selection, selection: Selection, rows: Int[np.ndarray, " rows"]
) -> tuple[Comparison, tuple[str, ...]]:
    """The comparison, and the greedily decoded centres; sessions share them."""
    if not open_runs.is_warm(run):
        open_runs.warm(run)

    def compute() -> tuple[Comparison, tuple[str, ...]]:
        compared = selection_comparison.compare(run, rows_of(run, held), rows)
        return compared, tuple(run.decode(np.stack(compared.centres)))

    return _comparisons.get((run, run.texts_are_real, held, selection), compute)


def _results(run: Run, compared: Comparison, decoded: tuple[str, ...]) -> None:
    _overlap(compared)
    for name, other, terms in zip("AB", "BA", compared.words, strict=True):
        st.markdown(
            f"**Words of {name}**",
            help=f"Words and word pairs by class-based TF-IDF against {other}; sentences in both "
            f"are excluded. The bar is the fraction of {name} that contains the word, the "
            f"mark that of {other}.",
        )
        parts.words(terms, f"in {other}")
    st.markdown("**Their decoded centres**")
    st.html("".join(plain(text, note=name) for name, text in zip("AB", decoded, strict=True)))
    _numbers(compared)
    _direction(run, compared)


def _overlap(compared: Comparison) -> None:
    (a, b), both = compared.sizes, compared.both
    sides = (("a", a - both), ("both", both), ("b", b - both))
    bars = "".join(f'<i class="{kind}" style="flex: {n}"></i>' for kind, n in sides if n)
    st.html(
        f'<div class="overlap" aria-hidden="true">{bars}</div>'
        f'<div class="overlap-key"><span>A {a:,}</span>'
        f"<span>both {both:,} · {parts.percent(compared.overlap)} of all</span>"
        f"<span>B {b:,}</span></div>"
    )


def _numbers(compared: Comparison) -> None:
    if compared.distance is None:
        st.caption(f"{NO_DIRECTION}.")
        return
    far = parts.against(compared.distance, "nearer", "farther")
    lines = [f"Distance **{compared.distance.value:.2f}**: {far}"]
    if compared.separation is not None:
        lines.append(parts.separation(compared.separation))
    st.markdown(
        "\n".join(f"- {line}" for line in lines),
        help="Distance: between the centres of the sentences in only one of them, in units of z, "
        "beside {compared.distance.groups} random splits of the same sentences. Separation: "
        "Cohen's d along the direction from A to B, computed on half of the sentences and "
        "measured on the other half.",
    )


def _direction(run: Run, compared: Comparison) -> None:
    if compared.ends is None:
        return
    a, b = compared.ends
    parts.direction(
        run,
        "the direction from A to B",
        "The sentence plus k times the difference of the centres (B − A), decoded.",
        "moved",
        lambda sentence: run.decode(
            run.analogy(a, b, sentence, STEPS), decode_settings.decoding(run)
        ),
    )
