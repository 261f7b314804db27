"""What the summary of a selection and the comparison of two show alike."""

import html
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from explorer.explore.example_sentences import example_texts
from explorer.explore.group_scores import Score
from explorer.explore.run import Run
from explorer.explore.selection_summary import STEPS
from explorer.ui.components.escaping import minus, plain
from explorer.ui.session import picks

if TYPE_CHECKING:
    from explorer.latent_space.cluster_names import Term

_CLEAR = 3.0  # standard deviations of the random groups


def box(title: str, icon: str, key: str) -> Any:
    """An expander whose state is in the address; None while it is closed."""
    expander = st.expander(title, icon=icon, key=key, on_change="rerun", bind="query-params")
    return expander if expander.open else None


def words(terms: "list[Term]", elsewhere: str = "elsewhere") -> None:
    """Terms with bars: how many of the sentences have each, and how many of the others.

    Args:
        terms: Best first.
        elsewhere: Names the others.
    """
    if not terms:
        st.caption("No word distinguishes it from the other sentences.")
        return
    top = max(term.inside for term in terms)
    items = "".join(
        f'<dt dir="auto">{html.escape(term.text)}</dt>'
        f'<dd class="bar"><i style="width: {100 * term.inside / top:.1f}%"></i>'
        f'<b style="left: {min(100 * term.outside / top, 99):.1f}%"></b></dd>'
        f"<dd>{percent(term.inside)} · {html.escape(elsewhere)} {percent(term.outside)}</dd>"
        for term in terms
    )
    st.html(f'<dl class="terms" style="padding: 0">{items}</dl>')


def percent(part: float) -> str:
    """A fraction as a percentage, of small ones with a decimal."""
    return f"{part:.0%}" if part >= 0.0995 or part == 0 else f"{part:.1%}"


def against(score: Score, below: str, above: str) -> str:
    """A number beside that of random groups."""
    beside = f"random groups ({spread_of(score)})"
    standard = score.standard
    if standard is None or abs(standard) < _CLEAR:
        return f"like {beside}"
    return f"{above if standard > 0 else below} than {beside}"


def separation(score: Score) -> str:
    """Cohen's d beside that of random groups."""
    value = minus(f"{score.value:.2f}")
    return f"Separation **{value}** standard deviations; random groups {spread_of(score)}"


def direction(
    run: Run, title: str, description: str, key: str, move: Callable[[str], Sequence[str]]
) -> None:
    """A sentence to type, and what it becomes along a direction.

    Args:
        run: For an example, until something is typed.
        title: Heads the input; its label, in a sentence.
        description: On hover.
        key: Of the input, in the session and in the address.
        move: The sentence moved by each of `STEPS`, decoded.
    """
    example = example_texts(run)[0]
    st.markdown(f"**Apply {title} to a sentence**", help=description)
    typed = st.text_input(
        f"Sentence that {title} is applied to",
        key=key,
        bind="query-params",
        placeholder=example,
        max_chars=picks.MOST_TEXT,
        label_visibility="collapsed",
        icon=":material/edit:",
    )
    texts = move((typed or "").strip() or example)
    st.html(
        "".join(plain(text, note=f"{step:g}×") for step, text in zip(STEPS, texts, strict=True))
    )


def spread_of(score: Score) -> str:
    """Mean and standard deviation of the random groups, to the first digit of the deviation."""
    digits = 2
    if 0 < score.deviation < 0.1:
        digits = min(-math.floor(math.log10(score.deviation)), 4)
    # No sign before a mean that rounds to zero; no break within.
    mean = minus(f"{round(score.mean, digits) + 0:.{digits}f}")
    return f"{mean}\u00a0±\u00a0{score.deviation:.{digits}f}"
