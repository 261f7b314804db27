"""The topics of a run of documents: the table of all, and one with its words and documents."""

import streamlit as st

from explorer.evaluation.metrics import METRICS, written
from explorer.explore import run_choice
from explorer.explore.readable_texts import excerpt
from explorer.explore.run import Run
from explorer.explore.topics import Topic, topics
from explorer.runs import folder as folders
from explorer.ui.components import run_picker
from explorer.ui.components.escaping import markdown, minus
from explorer.ui.components.sentence_list import Row, sentence_list
from explorer.ui.session import open_runs, picks, url

_TABLE = "topic_table"
_WORDS = 15
_SCORES = {
    "npmi": "Coherence (NPMI)",
    "topic_diversity": "Diversity",
    "document_ppl": "Perplexity per document",
    "elbo_ppl": "Perplexity per word",
}
"""Metrics above the table, with their labels there; both perplexities are bounds."""


def need_documents(run: Run) -> None:
    """Stops the page where a run is one of sentences, and leads to one of documents."""
    if run.is_of_documents:
        return
    st.info(
        f"**{markdown(run.name)}** is a model of sentences. Topics need a model of long texts, "
        "read as bags of words.",
        icon=":material/topic:",
    )
    for name in run_choice.of_documents(open_runs.records()):
        run_picker.run_link("topics", f"The topics of {markdown(name)}", ":material/topic:", name)
    st.caption("To train a run on your own documents:")
    st.code("explorer new docs --corpus FILE --text-column body --documents", language="bash")
    st.stop()


def scores(run: Run) -> None:
    """Coherence, diversity and both perplexities, each with its definition."""
    with st.container(horizontal=True, gap="medium"):
        for name, label in _SCORES.items():
            value = run.metrics.get(name, {}).get("value")
            if value is not None:
                definition = METRICS[name]
                st.metric(
                    label,
                    minus(written(value)),
                    help=f"{definition.sentence} {definition.source}",
                    width="content",
                )


def table(run: Run, listed: list[Topic]) -> Topic:
    """All topics, the most coherent first; the one that is chosen."""
    event = st.dataframe(
        {
            "topic": [item.name for item in listed],
            "words": [" ".join(item.words[:8]) for item in listed],
            "NPMI": [item.npmi for item in listed],
            "share": [100 * item.share for item in listed],
            "largest in": [item.count for item in listed],
        },
        hide_index=True,
        key=_TABLE,
        on_select="rerun",
        selection_mode="single-row",
        selection_default={"selection": {"rows": [0]}},
        height=520,
        column_config={
            "topic": st.column_config.TextColumn(
                width="small",
                help="The topic's number or, in an unbounded latent space, the dimension and its "
                "end.",
            ),
            "words": st.column_config.TextColumn(
                width="large", help="The most distinctive words of the topic, in order."
            ),
            "NPMI": st.column_config.NumberColumn(
                format="%.3f", help=METRICS["npmi"].sentence, width="small"
            ),
            "share": st.column_config.NumberColumn(
                format="%.1f%%", help="Mean share over the documents of the map.", width="small"
            ),
            "largest in": st.column_config.NumberColumn(
                format="%d", help="Documents in which it is the largest topic.", width="small"
            ),
        },
    )
    rows = event["selection"]["rows"]
    return listed[rows[0]] if rows and rows[0] < len(listed) else listed[0]


def detail(run: Run, topic: Topic) -> None:
    """The words of a topic with their probabilities, and its foremost documents."""
    st.subheader(f"Topic {topic.name}", anchor=False)
    st.dataframe(
        {
            "word": topic.words,
            "probability": [100 * value for value in topic.probabilities],
        },
        hide_index=True,
        height=300,
        column_config={
            "probability": st.column_config.ProgressColumn(
                format="%.2f%%",
                min_value=0.0,
                max_value=100 * max(topic.probabilities),
                help="p(word | topic), with all the weight on this topic.",
            )
        },
    )
    st.markdown("**Top documents**")
    rows = [Row(row, excerpt(run, run.texts[row], 160)) for row in topic.documents]
    sentence_list(rows, f"Documents of topic {topic.name}", "topic_documents", _pick)
    if not run.texts_are_real:
        st.caption("The corpus is not installed: each document is shown by its decoded words.")


def show(run: Run) -> None:
    """The whole page."""
    listed = topics(run, _WORDS)
    scores(run)
    wide, side = st.columns([5, 3], gap="medium")
    with wide:
        chosen = table(run, listed)
        ends = ", both ends of each dimension" if "+" in chosen.name or "−" in chosen.name else ""
        st.caption(f"All {len(listed)} topics{ends}, the most coherent first.")
        st.code(f"explorer topics {folders.typed(run.folder)}", language="bash")
    with side:
        detail(run, chosen)


def _pick(row: int) -> None:
    picks.set_pick(picks.SentencePick(row))
    st.session_state["_to_map"] = True


def follow() -> None:
    """Goes to the map once a document was picked."""
    if st.session_state.pop("_to_map", False):
        st.switch_page(url.page_file("map"))
