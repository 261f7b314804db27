"""Export of a run's map: a table, a self-contained page, or a picture."""

import html
import textwrap
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.errors import ExplorerError
from explorer.explore.palette import CLASSES
from explorer.explore.readable_texts import readable_texts
from explorer.system.atomic_files import write_output
from explorer.system.progress import StageProgress
from explorer.system.table_writers import check_format, writing

if TYPE_CHECKING:
    from explorer.explore.run import Run
    from explorer.latent_space.atlas import Atlas


NEIGHBOURS = 15
"""Neighbours of each sentence in an exported table."""

NO_COLOUR = "#9AA0A6"

_CHUNK = 2000
_HOVER_COLUMNS = 70
_PIXELS = (1600, 1200)
_OVERSAMPLING = 2
_SYSTEM_FONTS = (
    *("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial Unicode.ttf", "arial.ttf"),
    *("NotoSansCJK-Regular.ttc", "msgothic.ttc", "NotoSansDevanagari-Regular.ttf"),
    *("NotoSansHebrew-Regular.ttf", "NotoSansArabic-Regular.ttf", "NotoSansThai-Regular.ttf"),
)
"""Looked for in order, for names that Pillow's font lacks letters for."""


def export(run: "Run", out: Path, progress: StageProgress | None = None) -> None:
    """Writes a run's map; the suffix of `out` selects the format.

    `.parquet` and `.csv` hold `projection_x`, `projection_y`, `text` and `neighbors`
    (`{"ids": […], "distances": […]}`, zero-based rows of the table, nearest first, cosine
    distance of centred latents; JSON in CSV), then `split`, `label`, `cluster`, `distortion` and
    `rate`. In CSV, a text that a spreadsheet would evaluate gets a leading apostrophe.

    Raises:
        ExplorerError: If the run has no map, or the format is unknown.
    """
    check_format(out, tuple(FORMATS))
    tell = progress or (lambda stage, fraction: None)
    FORMATS[out.suffix.lower()](run, run.needed_atlas, out, tell)


def _table(run: "Run", atlas: "Atlas", out: Path, tell: StageProgress) -> None:
    with writing(out) as writer:
        for columns in table_columns(run, atlas):
            writer.add(columns)
            tell("writing rows", (columns["row"][-1] + 1) / len(atlas))


def table_columns(run: "Run", atlas: "Atlas") -> Iterator[dict[str, Any]]:
    """The columns of an exported table, some rows at a time."""
    texts = run.texts
    names = _region_names(atlas, len(atlas.levels) - 1)
    for start in range(0, len(atlas), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(atlas)))
        columns: dict[str, Any] = {
            "row": rows.tolist(),
            "projection_x": atlas.xy[rows, 0].tolist(),
            "projection_y": atlas.xy[rows, 1].tolist(),
            "text": [texts[row] for row in rows],
            "neighbors": _neighbours(atlas, rows),
            "split": [atlas.split[row] for row in rows],
        }
        if atlas.label is not None:
            columns["label"] = [atlas.label[row] for row in rows]
        columns["cluster"] = [names[row] for row in rows]
        columns["distortion"] = atlas.distortion[rows].tolist()
        columns["rate"] = atlas.rate[rows].tolist()
        yield columns


def _neighbours(atlas: "Atlas", rows: np.ndarray) -> list[dict[str, list[Any]]]:
    index, distance = atlas.index.nearest(atlas.mean[rows], NEIGHBOURS + 1)
    lists = []
    for row, ids, far in zip(rows.tolist(), index.tolist(), distance.tolist(), strict=True):
        # Equal sentences have equal latents, so a sentence need not come first itself.
        pairs = [pair for pair in zip(ids, far, strict=True) if pair[0] != row][:NEIGHBOURS]
        lists.append({"ids": [i for i, _ in pairs], "distances": [d for _, d in pairs]})
    return lists


def _region_names(atlas: "Atlas", level: int) -> list[str]:
    if level < 0:
        return [""] * len(atlas)
    names = [region.name for region in atlas.levels[level]]
    return [names[region] if region >= 0 else "" for region in atlas.regions(level).tolist()]


def _coarse_level(atlas: "Atlas") -> int:
    """The finest level whose labels fit on one picture; −1 without regions."""
    fitting = [at for at, level in enumerate(atlas.levels) if len(level) <= 40]
    return fitting[-1] if fitting else len(atlas.levels) - 1


def caption(run: "Run", atlas: "Atlas") -> str:
    """One line on what the map shows."""
    drawn = f"{len(atlas):,} of {atlas.total:,} sentences, a random sample"
    if len(atlas) == atlas.total:
        drawn = f"all {atlas.total:,} sentences"
    words = "" if run.texts_are_real else "; the texts are the model's reconstructions"
    noise = "; the means hardly vary: this layout is noise" if atlas.layout_is_noise else ""
    return f"{run.name}: {drawn}{words}{noise}"


def _colours(atlas: "Atlas", level: int) -> list[str]:
    if level < 0:
        return [NO_COLOUR] * len(atlas)
    regions = atlas.regions(level).tolist()
    return [CLASSES[region % len(CLASSES)] if region >= 0 else NO_COLOUR for region in regions]


def _page(run: "Run", atlas: "Atlas", out: Path, tell: StageProgress) -> None:
    import plotly.graph_objects as go

    tell("drawing", 0.0)
    level = _coarse_level(atlas)
    points = go.Scattergl(
        x=np.round(atlas.xy[:, 0], 3),
        y=np.round(atlas.xy[:, 1], 3),
        mode="markers",
        marker={"size": 4, "opacity": 0.6, "color": _colours(atlas, level)},
        hoverinfo="text",
        hovertext=[as_typed(text) for text in readable_texts(run, run.texts)],
    )
    figure = go.Figure(points)
    for region in atlas.levels[level] if level >= 0 else ():
        figure.add_annotation(
            x=region.x,
            y=region.y,
            text=f"<b>{as_typed(region.name)}</b>",
            showarrow=False,
            bgcolor="rgba(255,255,255,0.7)",
        )
    figure.update_layout(
        template="simple_white",
        title={"text": as_typed(caption(run, atlas)), "font": {"size": 14}},
        dragmode="pan",
        margin={"l": 10, "r": 10, "t": 50, "b": 10},
        xaxis={"visible": False},
        yaxis={"visible": False, "scaleanchor": "x"},
        hoverlabel={"align": "left"},
    )
    page = figure.to_html(
        include_plotlyjs=True,
        include_mathjax=False,
        full_html=True,
        div_id="map",  # a random one would make each export another file
        default_height="100vh",
        config={"scrollZoom": True, "displaylogo": False, "responsive": True},
    )
    title = f"<head><title>{html.escape(run.name)}</title>"
    content = page.replace("<head>", title, 1).encode()
    write_output(out, lambda file: file.write(content))
    tell("drawing", 1.0)


def as_typed(text: str) -> str:
    """Text escaped for a label of plotly, which renders tags and entities."""
    lines = textwrap.wrap(text, _HOVER_COLUMNS, break_long_words=True) or [""]
    return "<br>".join(html.escape(line, quote=False) for line in lines)


def _picture(run: "Run", atlas: "Atlas", out: Path, tell: StageProgress) -> None:
    """By Pillow, which needs no browser."""
    try:
        from PIL import Image, ImageDraw
    except ModuleNotFoundError:
        raise ExplorerError(
            "a .png needs the package Pillow: install it, or export .html"
        ) from None
    tell("drawing", 0.0)
    width, height = (_OVERSAMPLING * side for side in _PIXELS)
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    level = _coarse_level(atlas)
    scale, shift = _fit(atlas.xy, width, height, margin=width // 20)
    points = atlas.xy * scale + shift
    radius = max(2.0, min(8.0, 400 / np.sqrt(len(atlas)))) * _OVERSAMPLING / 2
    for (x, y), colour in zip(points.tolist(), _colours(atlas, level), strict=True):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    fonts = _fonts(15 * _OVERSAMPLING)
    regions = sorted(atlas.levels[level], key=lambda r: -r.size) if level >= 0 else []
    taken: list[tuple[float, float, float, float]] = []
    left_out = 0
    for region in regions:
        font = next((font for font in fonts if _has_glyphs(font, region.name)), None)
        if font is None:
            left_out += 1
            continue
        x, y = (np.array((region.x, region.y)) * scale + shift).tolist()
        box = draw.textbbox((x, y), region.name, font=font, anchor="mm")
        if not any(_overlap(box, other) for other in taken):
            taken.append(box)
            draw.text(
                (x, y),
                region.name,
                "black",
                font,
                anchor="mm",
                stroke_width=3 * _OVERSAMPLING,
                stroke_fill="white",
            )
    title = caption(run, atlas)
    if left_out:
        title += f" · no font here for {left_out} names"
    draw.text((width // 80, height // 80), title, "black", fonts[0])
    image = image.resize(_PIXELS, Image.Resampling.LANCZOS)
    write_output(out, lambda file: image.save(file, "PNG", optimize=True))
    tell("drawing", 1.0)


def _fonts(size: float) -> list[Any]:
    """Pillow's own font, which has few letters beyond ASCII, and what the system has."""
    from PIL import ImageFont

    fonts: list[Any] = [ImageFont.load_default(size)]
    for name in _SYSTEM_FONTS:
        with suppress(OSError):
            fonts.append(ImageFont.truetype(name, size))
    return fonts


def _has_glyphs(font: Any, text: str) -> bool:
    """Whether a font can draw a text; it draws one box for every letter it lacks."""
    box = bytes(font.getmask("\U0010ffff"))
    return not any(letter > " " and bytes(font.getmask(letter)) == box for letter in set(text))


def _fit(xy: np.ndarray, width: int, height: int, margin: int) -> tuple[np.ndarray, np.ndarray]:
    """Scale and shift that fit the map into the picture, y upwards, axes equal."""
    low, high = xy.min(0), xy.max(0)
    span = np.maximum(high - low, 1e-6)
    one = float(min((width - 2 * margin) / span[0], (height - 2 * margin) / span[1]))
    scale = np.array((one, -one))
    return scale, np.array((width, height)) / 2 - (low + high) / 2 * scale


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


FORMATS: dict[str, Callable[["Run", "Atlas", Path, StageProgress], None]] = {
    ".parquet": _table,
    ".csv": _table,
    ".html": _page,
    ".png": _picture,
}
"""Formats by suffix."""
