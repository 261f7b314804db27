"""Downloads: a chart as PNG and SVG, a table as CSV and JSON.

The browser writes a chart from what it shows, so nothing is drawn twice and no package that
draws without a browser is needed.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from explorer.system.table_writers import as_csv
from explorer.ui.components import reproduce

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_TYPES = {
    "CSV": "text/csv",
    "JSON": "application/json",
    "Markdown": "text/markdown",
    "Parquet": "application/vnd.apache.parquet",
}
_HTML = '<span class="files"></span>'
_CSS = """
.files { display: flex; gap: 0.8rem; justify-content: flex-end; }
button { font: inherit; font-family: var(--st-font); font-size: 0.93rem; cursor: pointer;
  color: var(--st-text-color); background: none; padding: 0.25rem 0.1rem; border: none;
  border-radius: var(--st-button-radius, 0.4rem); }
button:hover { color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
@media (pointer: coarse) { button { padding: 0.5rem 0.8rem; } }
"""
# Plotly draws a chart as several SVG layers of one size; stacked, they are the file.
_JS = """
const SPACE = "http://www.w3.org/2000/svg";
const SHARPNESS = 2;

function drawing(key) {
  const layers = document.querySelectorAll(`.st-key-${CSS.escape(key)} svg.main-svg`);
  if (!layers.length) return null;
  const [width, height] = ["width", "height"].map((side) => layers[0].getAttribute(side));
  const whole = document.createElementNS(SPACE, "svg");
  whole.setAttribute("xmlns", SPACE);
  whole.setAttribute("width", width);
  whole.setAttribute("height", height);
  const paper = document.createElementNS(SPACE, "rect");
  paper.setAttribute("width", "100%");
  paper.setAttribute("height", "100%");
  const page = document.querySelector("[data-testid=stApp]");
  paper.setAttribute("fill", page ? getComputedStyle(page).backgroundColor : "white");
  whole.append(paper, ...[...layers].map((layer) => layer.cloneNode(true)));
  return { text: new XMLSerializer().serializeToString(whole), width, height };
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function savePicture({ text, width, height }, name) {
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width * SHARPNESS, height * SHARPNESS];
    const pen = canvas.getContext("2d");
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => save(blob, name), "image/png");
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}

export default function ({ data, parentElement }) {
  const kinds = {
    PNG: (found) => savePicture(found, `${data.name}.png`),
    SVG: (found) => save(new Blob([found.text], { type: "image/svg+xml" }), `${data.name}.svg`),
  };
  parentElement.querySelector(".files").replaceChildren(
    ...Object.entries(kinds).map(([kind, write]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = kind;
      button.setAttribute("aria-label", `Download ${data.name} as ${kind}`);
      button.addEventListener("click", () => {
        const found = drawing(data.chart);
        if (found) write(found);
      });
      return button;
    }),
  );
}
"""


def chart(
    figure: "Figure",
    key: str,
    alt: str,
    command: str = "",
    name: str = "",
    on_select: Callable[[], object] | None = None,
    *,
    fills: bool = False,
) -> None:
    """Shows a chart (SVG traces only) with its downloads and the command that reproduces it.

    Args:
        figure: The chart.
        key: Identity of the chart in the session.
        alt: Its description for screen readers.
        command: Reproduces the numbers; hidden if empty.
        name: Of the files, without ending; the key by default.
        on_select: Called when a mark is clicked; the session holds the state under the key.
        fills: Whether the style of the page gives its height, under the class of its key.
    """
    settings = {"displayModeBar": False, "scrollZoom": on_select is not None}
    answer: Any = on_select or "ignore"
    st.plotly_chart(
        figure,
        key=key,
        height="stretch" if fills else "content",
        config=settings,
        alt=alt,
        on_select=answer,
        selection_mode="points",
    )
    with _row():
        reproduced_by(command)
        data = {"chart": key, "name": name or key}
        _component()(key=f"{key}_files", data=data, width="content")


def table_files(
    columns: Mapping[str, Sequence[Any]], name: str, key: str, command: str = ""
) -> None:
    """Offers a table as CSV and JSON.

    Args:
        columns: Columns of equal length; numbers are written with all their digits.
        name: Of the files, without ending.
        key: Identity of the buttons in the session.
        command: Reproduces the numbers; hidden if empty.
    """
    with _row():
        reproduced_by(command)
        for kind, text in (("CSV", as_csv(columns)), ("JSON", as_json(columns))):
            file_button(
                kind,
                lambda text=text: text,
                f"{name}.{kind.lower()}",
                f"{key}_{kind}",
                f"Download {name}",
            )


def file_button(
    kind: str, content: Callable[[], str | bytes], file: str, key: str, help: str
) -> None:
    """A button that downloads a file, which is written once it is asked for.

    Args:
        kind: On the button: one of `_TYPES`.
        content: Writes it.
        file: Its name.
        key: Identity of the button in the session.
        help: What is downloaded; the format follows.
    """
    st.download_button(
        kind,
        content,
        file,
        _TYPES[kind],
        key=key,
        on_click="ignore",
        type="tertiary",
        help=f"{help} as {kind}",
    )


def _row() -> Any:
    return st.container(
        horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"
    )


def reproduced_by(command: str) -> None:
    """A pop-over with the command that gives the same numbers."""
    if command:
        with st.popover("Reproduce", icon=":material/terminal:", type="tertiary"):
            is_python = reproduce.is_python(command)
            what = "lines of Python that reproduce" if is_python else "command that reproduces"
            st.caption(f"The {what} these numbers:")
            st.code(command, language="python" if is_python else "bash")


def as_json(columns: Mapping[str, Sequence[Any]]) -> str:
    """A table as a JSON list with an object for each row."""
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return json.dumps(rows, ensure_ascii=False, indent=1)


@cache
def _component() -> Any:
    from streamlit.components import v2

    return v2.component("chart_files", html=_HTML, css=_CSS, js=_JS)
