"""What a selection is: its words, its centre, its spread, its direction from the rest."""

import numpy as np
import streamlit as st
from jaxtyping import Int

from explorer.explore import selection_summary
from explorer.explore.run import Run
from explorer.explore.selection import Selection
from explorer.explore.selection_summary import Summary
from explorer.system.cache import Cache
from explorer.ui.components import decode_settings
from explorer.ui.components.escaping import plain
from explorer.ui.selection import parts
from explorer.ui.session import open_runs

KEY = "explained"
"""Whether the summary is open, in the session and in the address."""

_WORDS_HELP = (
    "Words and word pairs by class-based TF-IDF against all other sentences. The bar is the "
    "fraction of the selected sentences that contain the word, the mark that of the others."
)
_summaries: Cache[tuple[Summary, str]] = Cache(32)


def show(run: Run, selection: Selection, rows: Int[np.ndarray, " rows"]) -> None:
    """What a selection is, computed once it is asked for."""
    box = parts.box("What is this selection?", ":material/query_stats:", KEY)
    if box is None:
        return
    with box:
        with st.spinner("Comparing with random groups…", show_time=True):
            summary, centre = _summary(run, selection, rows)
        st.markdown("**Its words**", help=_WORDS_HELP)
        parts.words(summary.words)
        st.markdown("**Its decoded centre**")
        st.html(plain(centre))
        _numbers(summary)
        if summary.rest is not None:
            parts.direction(
                run,
                "the direction",
                "The sentence plus k times the mean of the selection minus the mean of the rest, "
                "decoded.",
                "applied",
                lambda sentence: selection_summary.applied(
                    run, summary, sentence, decode_settings.decoding(run)
                ),
            )


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


def _numbers(summary: Summary) -> None:
    wide = parts.against(summary.spread, "tighter", "wider")
    lines = [f"Spread **{summary.spread.value:.2f}**: {wide}"]
    if summary.distance is not None:
        far = parts.against(summary.distance, "nearer", "farther")
        lines.append(f"Distance from the rest **{summary.distance.value:.2f}**: {far}")
    if summary.separation is not None:
        lines.append(parts.separation(summary.separation))
    st.markdown(
        "\n".join(f"- {line}" for line in lines),
        help="Spread: root mean square distance from the centre. Distance: between the centre "
        "and the mean of all other sentences. Both are in units of z and compared with "
        f"{summary.spread.groups} random groups of the same size. Separation: Cohen's d "
        "along the direction from the rest, estimated on half of the sentences and "
        "measured on the other half.",
    )
