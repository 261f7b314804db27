"""Decoded sentences of several runs: reconstructions, samples, paths and posterior draws."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from explorer.errors import ExplorerError
from explorer.explore import decoded_path
from explorer.explore.example_sentences import example_texts
from explorer.explore.run import Run
from explorer.models.decoding_settings import Decoding
from explorer.ui.compare import runs as compared
from explorer.ui.compare.runs import Column
from explorer.ui.compare.summary import title
from explorer.ui.components import (
    decode_settings,
    download_buttons,
    path_controls,
    reproduce,
    token_diff,
    unknown_words,
)
from explorer.ui.components.escaping import markdown, message
from explorer.ui.session import picks, settings

Answers = list[list[str] | str]
"""For each run its sentences, or the reason for none."""

KINDS = ("Reconstruction", "Prior samples", "Path", "Posterior draws")
"""Views by their label, which is also the value in the URL."""

_MAX_SENTENCES = 12


@settings.fragment
def show(columns: Sequence[Column], example: str) -> None:
    """The chosen kind of sentences in columns; a change reruns only this.

    Args:
        columns: The runs.
        example: The sentence until one is typed.
    """
    runs = [column.run for column in columns]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.segmented_control(
            "Show", KINDS, default=KINDS[0], required=True, key="told", bind="query-params"
        )
        decode_settings.decode_settings(*runs)
    decoding = decode_settings.decoding(*runs)
    if kind == "Prior samples":
        _samples(columns, decoding)
    elif kind == "Path":
        _path(columns, decoding)
    elif kind == "Posterior draws":
        _draws(columns, example, decoding)
    else:
        _reconstructions(columns, example, decoding)


def _samples(columns: Sequence[Column], decoding: Decoding) -> None:
    from explorer.evaluation.prior_diagnostics import sampling_caveat

    st.caption(
        f"Each run decodes samples of **its own prior**, seed {decoding.seed}: runs whose priors "
        "have the same kind and size share z."
    )
    count = _count()
    results = _ask(columns, lambda run: _sample(run, run.stamp, count, decoding))
    for column, item in zip(columns, results, strict=True):
        if isinstance(item, list) and (note := sampling_caveat(column.run.model)):
            st.caption(f"{markdown(column.name)}: {message(note)}")
    _show(columns, results, "samples", lambda name: reproduce.samples(name, count, decoding))


def _reconstructions(columns: Sequence[Column], example: str, decoding: Decoding) -> None:
    text = _sentence(columns, example)
    results = _ask(columns, lambda run: _reconstruct(run, run.stamp, text, decoding))
    command = partial(reproduce.reconstruction, text=text, decoding=decoding)
    _show(columns, results, "reconstructions", command)


def _path(columns: Sequence[Column], decoding: Decoding) -> None:
    mapped = [column for column in columns if column.run.atlas is not None]
    first = compared.reference(mapped).run if mapped else None
    ends = map(picks.shortened, example_texts(first, 2)) if first else ("", "")
    first_end, last_end = ends
    left, right = st.columns(2)
    a = left.text_input("A", first_end, picks.MOST_TEXT, key="from", bind="query-params")
    b = right.text_input("B", last_end, picks.MOST_TEXT, key="to", bind="query-params")
    if not (a and a.strip() and b and b.strip()):
        st.info("Type two sentences.", icon=":material/route:")
        return
    unknown_words.unknown_notes([column.run for column in columns], {"A": a, "B": b})
    kind, steps = path_controls.path_controls()
    results = _ask(
        columns, lambda run: decoded_path.decoded_path(run, a, b, steps, decoding, kind).texts
    )
    title = decoded_path.INTERPOLATIONS[kind].lower()
    st.caption(f"The same {steps} steps from A to B, {title}, in each run.")
    _show(columns, results, "path", lambda name: reproduce.path(name, a, b, steps, decoding, kind))


def _draws(columns: Sequence[Column], example: str, decoding: Decoding) -> None:
    text, count = _sentence(columns, example), _count()
    sizes = {column.run.config.model.latent_dim for column in columns if column.run.has_latent}
    same = "the same ε for every run" if len(sizes) == 1 else "ε depends on the size of z"
    st.caption(f"z = mean + ε · standard deviation, seed {decoding.seed}: {same}.")
    results = _ask(columns, lambda run: _around(run, run.stamp, text, count, decoding))
    _show(columns, results, "draws", lambda name: reproduce.draws(name, text, count, decoding))


def _sentence(columns: Sequence[Column], example: str) -> str:
    typed = st.text_input(
        "Sentence",
        max_chars=picks.MOST_TEXT,
        key="asked",
        bind="query-params",
        placeholder=example,
        icon=":material/edit:",
    )
    text = typed if typed and typed.strip() else example
    st.html(token_diff.sentence([token_diff.Token(text, False)]))
    unknown_words.unknown_notes([column.run for column in columns], {"": text})
    return text


def _count() -> int:
    return st.slider("Sentences", 1, _MAX_SENTENCES, 4, key="k", bind="query-params", width=260)


def _ask(columns: Sequence[Column], answer: Callable[[Run], list[str]]) -> Answers:
    """Runs `answer` on every run; one that fails gives its error message."""
    results: Answers = []
    with st.spinner("Decoding…", show_time=True):
        for column in columns:
            try:
                results.append(answer(column.run))
            except ExplorerError as error:
                results.append(str(error))
    return results


def _show(
    columns: Sequence[Column],
    results: Answers,
    name: str,
    command: Callable[[str], str],
) -> None:
    """Columns of sentences, aligned by line, with differing words marked."""
    lists = [item for item in results if isinstance(item, list)]
    marks = [token_diff.marked(line) for line in zip(*lists, strict=True)]
    answered = 0
    for container, column, item in zip(
        st.columns(len(columns), gap="medium"), columns, results, strict=True
    ):
        with container:
            st.html(title(column))
            if isinstance(item, str):
                st.caption(message(item))
                continue
            lines = [line[answered] for line in marks]
            many = len(lines) > 1
            st.html(
                "".join(
                    token_diff.sentence(tokens, number if many else None)
                    for number, tokens in enumerate(lines, start=1)
                )
            )
            if many:
                st.caption(f"{len(set(item))} of {len(item)} are distinct.")
            answered += 1
    if len(lists) > 1:
        st.caption("Underlined: words that differ from another column.")
    if lists:
        table = {
            column.typed: item
            for column, item in zip(columns, results, strict=True)
            if isinstance(item, list)
        }
        commands = "\n".join(command(name) for name in table)
        download_buttons.table_files(table, name, f"{name}_files", commands)


@st.cache_data(max_entries=64, show_spinner=False)
def _sample(_run: Run, stamp: str, count: int, decoding: Decoding) -> list[str]:
    return _run.sample(count, decoding)


@st.cache_data(max_entries=64, show_spinner=False)
def _reconstruct(_run: Run, stamp: str, text: str, decoding: Decoding) -> list[str]:
    return _run.reconstruct([text], decoding)


@st.cache_data(max_entries=64, show_spinner=False)
def _around(_run: Run, stamp: str, text: str, count: int, decoding: Decoding) -> list[str]:
    mean, scale = _run.posterior([text])
    if not scale.any():
        raise ExplorerError(
            f"the encoder of {_run.name} is deterministic: it has no posterior to sample from"
        )
    return _run.around(mean[0], scale[0], count, decoding)
