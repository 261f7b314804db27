"""How well each model knows a previewed text, before a map is drawn with one."""

from pathlib import Path

import streamlit as st

from explorer.explore import text_fit
from explorer.explore.text_fit import Fit
from explorer.text.preview import Preview


def model_fits(path: Path, seen: Preview) -> None:
    """Measures a sample of the sentences with every model, where that is asked for.

    Raises:
        ExplorerError: If a run cannot be read.
    """
    key = f"text_{path.parent.name}_fits_{seen.text_column}"
    if st.button(
        "How well does each model fit it?",
        type="tertiary",
        icon=":material/rule:",
        help=f"Encodes {text_fit.SAMPLE} of your sentences with every model. The best one is "
        "used unless you choose another.",
    ):
        st.session_state[key] = _measured(text_fit.sampled(seen.table.texts))
    if known := st.session_state.get(key):
        _table(known)


def _measured(texts: list[str]) -> list[Fit]:
    bar = st.progress(0.0, "Encoding your sentences with every model")

    def show(stage: str, done: float) -> None:
        bar.progress(done)

    known = text_fit.ranked(texts, show)
    bar.empty()
    return [fit for _, fit in known]


def _table(known: list[Fit]) -> None:
    percent = st.column_config.NumberColumn(format="percent")
    st.dataframe(
        {
            "Model": [fit.run for fit in known],
            "Known words": [round(fit.known, 2) for fit in known],
            "Out of domain": [_rounded(fit.outside) for fit in known],
            "Nats per word": [round(fit.nats, 2) for fit in known],
            "Other words become": ["spelled" if fit.has_pieces else "unknown" for fit in known],
        },
        hide_index=True,
        column_config={"Known words": percent, "Out of domain": percent},
    )
    st.caption(
        "Best first: the fewest nats a word, with an unknown word charged as one of 100,000. A "
        "sentence is out of the model's domain if it costs more than 99% of the model's own."
    )


def _rounded(fraction: float | None) -> float | None:
    return None if fraction is None else round(fraction, 2)
