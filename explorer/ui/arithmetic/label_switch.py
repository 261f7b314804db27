"""The label switch: one sentence in the version of every label."""

import streamlit as st

from explorer.errors import ExplorerError
from explorer.evaluation.metrics import METRICS
from explorer.explore import label_switch, run_choice
from explorer.explore.run import Run
from explorer.models.decoding_settings import Decoding
from explorer.runs import folder as folders
from explorer.ui.components import download_buttons, run_picker, token_diff, unknown_words
from explorer.ui.components.escaping import code, markdown, plain
from explorer.ui.session import open_runs, picks, settings

TEXT, STRENGTH = "relabelled", "label_strength"
_EXAMPLE = "_label_example"


def show(current: Run) -> None:
    """Sentence, strength and versions, of a run that has labels."""
    run = _labelled(current)
    if run is None:
        st.info(
            "None of these runs is conditioned on labels. With a corpus that has a label "
            "column, create one:",
            icon=":material/label:",
        )
        st.code(
            "explorer new my-labels --corpus reviews.csv --label-column stars --conditional",
            language="bash",
        )
        return
    if run is not current:
        _offer(current, run)
    text, strength = _ask(run)
    if text:
        _versions(run, text, strength)


def _labelled(current: Run) -> Run | None:
    """The current run if it has labels, else the one that is recorded to switch them best."""
    if current.config.model.labels:
        return current
    name = run_choice.switches_labels_best(open_runs.records())
    try:
        return None if name is None else open_runs.run_of(name)
    except ExplorerError:
        return None  # the run picker reports it


def _offer(current: Run, run: Run) -> None:
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.caption(
        f"{markdown(current.name)} has no labels. This is **{markdown(run.name)}**, whose "
        f"decoder is conditioned on {' or '.join(map(markdown, run.config.model.labels))}."
    )
    with right:
        run_picker.run_link(
            "arithmetic", f"Open {markdown(run.name)}", ":material/swap_horiz:",
            folders.typed(run.folder), part="Label switch",
        )  # fmt: skip


def _ask(run: Run) -> tuple[str, float]:
    examples = label_switch.examples(run)
    wide, narrow = st.columns([3, 1], gap="medium", vertical_alignment="bottom")
    with wide:
        start = settings.example(run, TEXT, examples[0] if examples else "")
        text = st.text_input("Sentence", start, picks.MOST_TEXT, key=TEXT, bind="query-params")
    with narrow:
        strength = st.slider(
            "Strength", 0.0, 3.0, label_switch.default_strength(run.metrics), 0.25,
            key=STRENGTH, bind="query-params",
            help="Weight of the label: 0 is the average of the labels, 1 as trained; values "
                 "above 1 exaggerate it.",
        )  # fmt: skip
    st.pills("Examples", examples, key=_EXAMPLE, on_change=_take_example)
    unknown_words.unknown_notes([run], {"": text or ""})
    return (text or "").strip(), strength


def _take_example() -> None:
    chosen = st.session_state.get(_EXAMPLE)
    if chosen:
        st.session_state[TEXT] = chosen
    st.session_state[_EXAMPLE] = None


def _versions(run: Run, text: str, strength: float) -> None:
    with st.spinner("Decoding…"):
        by_strength = _decoded(run, run.stamp, text)
        versions = _at(run, run.stamp, text, strength)
    marks = token_diff.marked(list(versions.values()))
    for column, label, tokens in zip(
        st.columns(len(versions), gap="medium"), versions, marks, strict=True
    ):
        with column, st.container(border=True):
            st.markdown(f"**{markdown(label)}**")
            st.html(token_diff.sentence(tokens))
    if len(set(versions.values())) == 1:
        st.caption("The label changes no word of this sentence. Try a higher strength.")
    else:
        st.caption("The same z, decoded with each label. Marked: the words that differ.")
    st.caption(_reliability(run, strength), help=METRICS["label_switch_accuracy"].sentence)
    with st.expander("Every strength", icon=":material/tune:"):
        for column, label in zip(st.columns(len(versions), gap="medium"), versions, strict=True):
            column.markdown(f"**{markdown(label)}**")
            own = [by_strength[value][label] for value in label_switch.STRENGTHS]
            for value, decoded in zip(label_switch.STRENGTHS, own, strict=True):
                column.html(plain(decoded, note=f"{value:g}"))
        table = {
            "strength": list(label_switch.STRENGTHS),
            **{
                label: [by_strength[value][label] for value in label_switch.STRENGTHS]
                for label in versions
            },
        }
        download_buttons.table_files(table, f"{run.name}-labels", "label_table")


def _reliability(run: Run, strength: float) -> str:
    """How often a switch of about this strength works, as measured."""
    known = label_switch.measured(run.metrics)
    if not known:
        return (
            "To measure how often this works, run "
            f"{code(folders.command('evaluate', run.folder))}."
        )
    near = min(known, key=lambda item: abs(item.strength - strength))
    return (
        f"At strength {near.strength:g}, a classifier assigns **{near.accuracy:.0%}** of "
        f"{near.n:,} switched test sentences to the other label; BLEU with the original is "
        f"{near.bleu:.0f}."
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _at(_run: Run, stamp: str, text: str, strength: float) -> dict[str, str]:
    versions = label_switch.switch(_run, [text], strength, Decoding())
    return {label: decoded for label, (decoded,) in versions.items()}


@st.cache_data(max_entries=64, show_spinner=False)
def _decoded(_run: Run, stamp: str, text: str) -> dict[float, dict[str, str]]:
    return {value: _at(_run, stamp, text, value) for value in label_switch.STRENGTHS}
