"""What a selection is: its words, its centre, its spread, its direction from the rest."""

import html
import math
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from jaxtyping import Int

from explorer.explore import selection_summary
from explorer.explore.example_sentences import example_texts
from explorer.explore.run import Run
from explorer.explore.selection import Selection
from explorer.explore.selection_summary import STEPS, Score, Summary
from explorer.system.cache import Cache
from explorer.ui.components import decode_settings
from explorer.ui.components.escaping import minus, plain
from explorer.ui.session import open_runs, picks

if TYPE_CHECKING:
    from explorer.latent_space.cluster_names import Term

KEY = "explained"
"""Whether the summary is open, in the session and in the address."""

_summaries: Cache[tuple[Summary, str]] = Cache(32)
_CLEAR = 3.0  # standard deviations of the random groups
_STYLE = """
<style>
.terms { display: grid; grid-template-columns: auto 1fr auto; gap: 0.2rem 0.75rem;
  margin: 0; padding: 0; align-items: center; font-size: 0.9rem; }
.terms dt { margin: 0; overflow-wrap: anywhere; }
.terms dd { margin: 0; font-variant-numeric: tabular-nums; opacity: 0.75; font-size: 0.85em; }
.terms dd.bar { height: 0.45rem; border-radius: 0.25rem; opacity: 1;
  background: rgba(128, 128, 128, 0.18); position: relative; overflow: hidden; }
.terms dd.bar i { position: absolute; inset: 0 auto 0 0; border-radius: 0.25rem;
  background: rgba(86, 148, 233, 0.75); }
.terms dd.bar b { position: absolute; inset: 0 auto 0 0; width: 2px; background: currentColor; }
</style>
"""


def show(run: Run, selection: Selection, rows: Int[np.ndarray, " rows"]) -> None:
    """What a selection is, computed once it is asked for."""
    box = st.expander(
        "What is this selection?",
        icon=":material/query_stats:",
        key=KEY,
        on_change="rerun",
        bind="query-params",
    )
    if not box.open:
        return
    with box:
        with st.spinner("Comparing it with random groups…", show_time=True):
            summary, centre = _summary(run, selection, rows)
        _words(summary.words)
        st.markdown("**Its centre, decoded**")
        st.html(plain(centre))
        _numbers(summary)
        if summary.rest is not None:
            _direction(run, summary)


def _summary(
    run: Run, selection: Selection, rows: Int[np.ndarray, " rows"]
) -> tuple[Summary, str]:
    """The summary, and the greedily decoded centre; sessions share them."""

    def compute() -> tuple[Summary, str]:
        summary = selection_summary.summarise(run, rows)
        return summary, run.decode(summary.centre[None])[0]

    if not open_runs.is_warm(run):
        open_runs.warm(run)
    return _summaries.get((run, run.texts_are_real, selection), compute)


def _words(words: "list[Term]") -> None:
    st.markdown(
        "**Its words**",
        help="Words and pairs of words by class-based TF-IDF against all other sentences. The "
        "bar is the share of the selected sentences with the word, the mark that of the others.",
    )
    if not words:
        st.caption("No word sets it apart from the other sentences.")
        return
    top = max(word.inside for word in words)
    items = "".join(
        f'<dt dir="auto">{html.escape(word.text)}</dt>'
        f'<dd class="bar"><i style="width: {100 * word.inside / top:.1f}%"></i>'
        f'<b style="left: {min(100 * word.outside / top, 99):.1f}%"></b></dd>'
        f"<dd>{_percent(word.inside)} · elsewhere {_percent(word.outside)}</dd>"
        for word in words
    )
    st.html(f'{_STYLE}<dl class="terms" style="padding: 0">{items}</dl>')


def _percent(part: float) -> str:
    return f"{part:.0%}" if part >= 0.0995 or part == 0 else f"{part:.1%}"


def _numbers(summary: Summary) -> None:
    lines = [
        f"Spread **{summary.spread.value:.2f}**: {_against(summary.spread, 'tighter', 'wider')}"
    ]
    if summary.distance is not None:
        far = _against(summary.distance, "nearer", "farther")
        lines.append(f"Distance from the rest **{summary.distance.value:.2f}**: {far}")
    if summary.separation is not None:
        apart = summary.separation
        lines.append(
            f"Separation **{minus(f'{apart.value:.2f}')}** standard deviations; random groups "
            f"{_spread_of(apart)}"
        )
    st.markdown(
        "\n".join(f"- {line}" for line in lines),
        help="Spread: root mean square distance from the centre. Distance: between the centre and "
        "the mean of all other sentences. Both in units of z, beside "
        f"{summary.spread.groups} random groups of as many sentences. Separation: Cohen's d along "
        "the direction from the rest, computed on half of the sentences and measured on the "
        "other half.",
    )


def _against(score: Score, below: str, above: str) -> str:
    """A number beside that of random groups."""
    beside = f"random groups ({_spread_of(score)})"
    standard = score.standard
    if standard is None or abs(standard) < _CLEAR:
        return f"like {beside}"
    return f"{above if standard > 0 else below} than {beside}"


def _spread_of(score: Score) -> str:
    """Mean and standard deviation of the random groups, to the first digit of the deviation."""
    digits = 2
    if 0 < score.deviation < 0.1:
        digits = min(-math.floor(math.log10(score.deviation)), 4)
    # No sign before a mean that rounds to zero; no break within.
    mean = minus(f"{round(score.mean, digits) + 0:.{digits}f}")
    return f"{mean}\u00a0±\u00a0{score.deviation:.{digits}f}"


def _direction(run: Run, summary: Summary) -> None:
    example = example_texts(run)[0]
    st.markdown(
        "**Apply its direction to a sentence**",
        help="The sentence plus k times the mean of the selection minus the mean of the rest, "
        "decoded.",
    )
    typed = st.text_input(
        "Sentence that the direction is applied to",
        key="applied",
        bind="query-params",
        placeholder=example,
        max_chars=picks.MOST_TEXT,
        label_visibility="collapsed",
        icon=":material/edit:",
    )
    sentence = (typed or "").strip() or example
    texts = selection_summary.applied(run, summary, sentence, decode_settings.decoding(run))
    st.html(
        "".join(plain(text, note=f"{step:g}×") for step, text in zip(STEPS, texts, strict=True))
    )
