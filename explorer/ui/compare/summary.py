"""The comparison in words: main difference, verdicts, and differing settings."""

import html
import re
import shlex
from collections.abc import Sequence

import streamlit as st

from explorer.evaluation.sampling_verdict import can_be_sampled
from explorer.evaluation.verdict import uses_z
from explorer.explore import recipe_diff, run_difference
from explorer.explore.run import Run
from explorer.runs import folder as folders
from explorer.system.plurals import number_of
from explorer.ui.compare.runs import Column
from explorer.ui.components import download_buttons, run_picker, scores
from explorer.ui.components.escaping import markdown, message


def title(column: Column) -> str:
    """A run's name behind its glyph, as HTML."""
    glyph = f'<span aria-hidden="true" style="color: {column.colour}">{column.glyph}</span>'
    return f'<span class="run-name">{glyph} {html.escape(column.name)}</span>'


def _bold(run: Run) -> str:
    return f"**{markdown(run.name)}**"


def say(columns: Sequence[Column]) -> None:
    """The main difference between the runs, and the settings that may cause it."""
    text = run_difference.difference([column.run for column in columns], _bold)
    settings = recipe_diff.differing([column.run.config for column in columns])
    st.markdown(text)
    if not settings:
        st.caption("Their recipes are identical.")
        return
    named = ", ".join(
        f"`{setting.address}` ({markdown(' / '.join(setting.values))})" for setting in settings[:3]
    )
    more = f" and {len(settings) - 3} more" if len(settings) > 3 else ""
    st.caption(f"Their recipes differ in {number_of(len(settings), 'setting')}: {named}{more}.")


def show(columns: Sequence[Column]) -> None:
    """A card for each run, then the recipes line by line."""
    for container, column in zip(st.columns(len(columns), gap="medium"), columns, strict=True):
        with container:
            _card(column)
    st.header("Recipe differences")
    settings = recipe_diff.differing([column.run.config for column in columns])
    if not settings:
        st.caption("None: the recipes are identical, seed included.")
        return
    st.html(recipe_table(columns, settings))
    table = {
        "setting": [setting.address for setting in settings],
        **{
            column.typed: [setting.values[number] for setting in settings]
            for number, column in enumerate(columns)
        },
        "about": [setting.about for setting in settings],
    }
    download_buttons.table_files(table, "recipes", "recipes", _shown_by(columns))


def recipe_table(columns: Sequence[Column], settings: Sequence[recipe_diff.Setting]) -> str:
    """The differing lines as an HTML table."""
    head = "".join(f"<th>{title(column)}</th>" for column in columns)
    rows = "".join(
        f"<tr><th><details><summary title='{html.escape(item.about)}'><code>"
        f"{_breakable(item.address)}</code></summary><small>{html.escape(item.about)}</small>"
        f"</details></th>{''.join(f'<td>{_value(value)}</td>' for value in item.values)}</tr>"
        for item in settings
    )
    return (
        f"<div class='side'><table><thead><tr><th>setting</th>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def links(column: Column) -> None:
    """Links to the other pages of this run."""
    with st.container(horizontal=True, gap="small"):
        for page, label, icon in (
            ("map", "Map", "scatter_plot"),
            ("collapse", "Collapse", "compress"),
            ("model", "Model card", "description"),
        ):
            if page != "model" and not column.run.has_latent:
                continue  # these pages need a z
            run_picker.run_link(page, label, f":material/{icon}:", column.typed)


def _card(column: Column) -> None:
    metrics = column.run.metrics
    st.html(title(column))
    scores.badges(metrics)
    use, sampling = uses_z(metrics), can_be_sampled(metrics)
    for judged in (use, sampling) if sampling.value else (use,):
        st.markdown(message(judged.sentence))
        if judged.thresholds:
            st.caption(f"Criterion: {markdown(judged.thresholds)}")
    links(column)


def _breakable(address: str) -> str:
    """A setting's name as HTML that can break between its words."""
    return re.sub("[._]", r"\g<0><wbr>", html.escape(address))


def _value(value: str) -> str:
    if value == "–":
        return "<span class='quiet' title='not a setting of this recipe'>–</span>"
    if value.endswith(recipe_diff.DEFAULT):
        default = html.escape(value.removesuffix(recipe_diff.DEFAULT))
        return f"<code>{default}</code> <span class='quiet'>by default</span>"
    return f"<code>{html.escape(value)}</code>"


def _shown_by(columns: Sequence[Column]) -> str:
    paths = [str(column.run.folder / folders.CONFIG) for column in columns[:2]]
    return shlex.join(["diff", *paths])
