"""The metrics of several runs in one table: best values marked, definitions on hover."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from explorer.evaluation.metric_definition import Metric
from explorer.evaluation.metric_text import beside, shown
from explorer.evaluation.metrics import METRICS
from explorer.evaluation.verdict import value_of
from explorer.explore.run_difference import all_comparable
from explorer.runs import folder as folders
from explorer.ui.compare.runs import Column
from explorer.ui.compare.summary import title
from explorer.ui.components import download_buttons
from explorer.ui.components.escaping import minus

# By its definition not comparable between runs of different rate.
_NOT_RANKED = ("marginal_kl",)


def show(columns: Sequence[Column]) -> None:
    """The table, its basis, and its downloads."""
    reported = [name for name in METRICS if any(_entry(column, name) for column in columns)]
    names = [
        name for name in reported if any(_number(column, name) is not None for column in columns)
    ]
    commands = [_command(column) for column in columns]
    if not names:
        st.info("None of these runs has been evaluated yet. To evaluate them:")
        st.code("\n".join(commands), language="bash")
        return
    st.html(table(columns, names))
    marks = (
        "★ marks the best value of a row or, where the value of real sentences is given, the one "
        "nearest to it. Metrics without a better direction have no mark."
    )
    if not all_comparable([column.run for column in columns]):
        marks = (
            "These runs read different text, or tokenise it differently, so no value is marked "
            "as the best."
        )
    st.caption(
        f"{marks} Hover over or tap a name for its definition; hover over a value for its full "
        "precision."
    )
    if missing := [METRICS[name].title for name in reported if name not in names]:
        st.caption(f"Not measured for any of these runs: {', '.join(missing)}.")
    counts: set[int] = {_entry(column, "importance_nll").get("n", 0) for column in columns} - {0}
    if len(counts) > 1:
        sizes = " and ".join(f"{count:,}" for count in sorted(counts))
        st.warning(
            f"These runs were evaluated on different numbers of sentences ({sizes}): small "
            "differences mean nothing. `explorer evaluate` uses the whole test split.",
            icon=":material/warning:",
        )
    download_buttons.table_files(
        {
            "figure": names,
            "unit": [METRICS[name].unit for name in names],
            **{column.typed: [_number(column, name) for name in names] for column in columns},
        },
        "scores",
        "scores",
        "\n".join(commands),
    )


def table(columns: Sequence[Column], names: Sequence[str]) -> str:
    """The metrics as an HTML table; `data-value` of a cell is the number in `metrics.json`."""
    head = "".join(f"<th class='number'>{title(column)}</th>" for column in columns)
    rows = "".join(_line(columns, name) for name in names)
    return (
        f"<div class='side' data-testid='scores'><table><thead><tr><th>metric</th>{head}"
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def best(entries: Sequence[Mapping[str, Any]], name: str) -> set[int]:
    """The indices of the best values; empty if no value is better than another."""
    if METRICS[name].better == "neither" or name in _NOT_RANKED:
        return set()
    if any(entry.get("resolved") is False for entry in entries):
        return set()
    worth = [_worth(entry, name) for entry in entries]
    known = [value for value in worth if value is not None]
    if len(set(known)) < 2:
        return set()
    return {index for index, value in enumerate(worth) if value == max(known)}


def _worth(entry: Mapping[str, Any], name: str) -> float | None:
    """A number that is higher where the metric is better; None if unknown."""
    value, better = value_of({name: entry}, name), METRICS[name].better
    if value is None or better == "higher":
        return value
    if better == "lower":
        return -value
    real = value_of({name: {"value": entry.get("reference")}}, name)
    return None if real is None else -abs(value - real)


def _line(columns: Sequence[Column], name: str) -> str:
    definition = METRICS[name]
    is_ranked = all_comparable([column.run for column in columns])
    marked = best([_entry(column, name) for column in columns], name) if is_ranked else set()
    cells = "".join(_cell(column, name, index in marked) for index, column in enumerate(columns))
    text = html.escape(_definition(definition), quote=True)
    return (
        f"<tr><th><details><summary title='{text}'>{html.escape(definition.title)} "
        f"<small>{html.escape(definition.unit)}</small></summary><small>{text}</small></details>"
        "</th>"
        f"{cells}</tr>"
    )


def _definition(definition: Metric) -> str:
    source = f" {definition.source}." if definition.source else ""
    return f"{definition.sentence}{source}".replace("'", "’")


def _cell(column: Column, name: str, is_best: bool) -> str:
    entry, value = _entry(column, name), _number(column, name)
    if value is None:
        reason = str(entry.get("reason") or "not in this run's metrics.json")
        text = "does not apply" if _is_about_the_model(reason) else "not measured"
        return f'<td class="number quiet" title="{html.escape(reason)}">{text}</td>'
    star = '<span title="best of these" role="img" aria-label="best">★</span> ' if is_best else ""
    context = html.escape(minus(beside(name, entry)))
    context = f" <small>{context}</small>" if context else ""
    basis = f"{value!r}, on {entry.get('n', '?')} sentences"
    basis += f", {entry['samples']} samples each" if entry.get("samples") else ""
    kind, text = "number best" if is_best else "number", minus(shown(name, entry))
    return (
        f'<td class="{kind}" data-run="{html.escape(column.name)}" data-figure="{name}" '
        f'data-value="{value!r}" title="{html.escape(basis)}">{star}{text}{context}</td>'
    )


def _is_about_the_model(reason: str) -> bool:
    """Whether a metric does not apply to the model, rather than not being measured."""
    return any(word in reason for word in ("language model has", "autoencoder has", "no prior"))


def _entry(column: Column, name: str) -> Mapping[str, Any]:
    entry = column.run.metrics.get(name)
    return entry if isinstance(entry, Mapping) else {}


def _number(column: Column, name: str) -> float | None:
    return value_of(column.run.metrics, name)


def _command(column: Column) -> str:
    command = column.run.metrics.get("command")
    return command if isinstance(command, str) else folders.command("evaluate", column.run.folder)
