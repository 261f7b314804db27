"""Texts, tables and series about the snapshots of a training."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
from jaxtyping import Int64

from explorer.config import final_model
from explorer.errors import ExplorerError
from explorer.explore import point_colours as colouring
from explorer.explore.map_overlays import Ellipse
from explorer.explore.point_colours import NO_CLASS, Colours
from explorer.explore.run import Run
from explorer.latent_space.playback import Playback
from explorer.latent_space.projections import ACTIVE_VARIANCE
from explorer.runs import folder as folders

MAX_POINTS = 400
"""Points of a series that the time line draws."""
SERIES = (
    ("β", "", ("beta",)),
    ("Rate", "nats", ("validation_rate", "rate")),
    ("Mutual information", "nats", ("validation_mutual_information",)),
)
"""The panels of the time line: name, unit, and columns of `history.csv` in order of preference."""
VIEW_FOLLOWS = " The view follows the cloud until you move it; the prior’s circles give the scale."
"""Shown with the prior's circles, which give the scale of the cloud."""
_FEWEST_REPORTS = 8
"""With fewer values, the next column is used if it has more."""


@dataclass(frozen=True)
class Series:
    """A quantity by epoch, for the time line; no points if it was not recorded."""

    name: str
    unit: str
    points: Sequence[tuple[float, float]]


class Sentence(TypedDict):
    """A sentence in the player, for hover and pin."""

    text: str
    note: str
    row: int
    reconstructions: list[str] | None


def playback_of(run: Run) -> Playback:
    """The playback of a run.

    Raises:
        ExplorerError: If it has none, or it is damaged.
    """
    if run.playback is None:
        raise ExplorerError(
            f"{run.name} has no playback: "
            f"`{folders.command('train', run.folder, '--restart')}` records snapshots"
        )
    return run.playback


def atlas_rows(run: Run) -> Int64[np.ndarray, " n"]:
    """For each sentence of the playback its index in the atlas; −1 where it is missing."""
    playback, atlas = playback_of(run), run.atlas
    nowhere = np.full(len(playback.row), -1, dtype=np.int64)
    if atlas is None or atlas.corpus_checksum != playback.corpus_checksum:
        return nowhere
    index = np.searchsorted(atlas.row, playback.row).clip(max=len(atlas.row) - 1)
    return np.where(atlas.row[index] == playback.row, index, nowhere)


# Colours.


def colour_choices(run: Run) -> list[str]:
    """Names of colourings, the default first.

    The regions of the final map where most sentences are on it; the splits otherwise. Where the
    layout of that map is noise its regions are too, and the length comes first.
    """
    atlas = run.atlas
    if atlas is None or (atlas_rows(run) >= 0).mean() < 0.5:
        return ["split"]
    available = colouring.available(atlas)
    if atlas.layout_is_noise:
        available.sort(key=lambda by: by != "length")
    return available


def colours_of(run: Run, by: str) -> Colours:
    """A colour for each sentence of the playback; grey where the atlas lacks it.

    Args:
        run: The run.
        by: One of `colour_choices`.
    """
    playback = playback_of(run)
    if by == "split":
        return colouring.colours(playback, by)
    colours, rows = colouring.colours(run.atlas, by), atlas_rows(run)
    ids = np.where(rows >= 0, colours.ids[rows.clip(min=0)], np.uint8(NO_CLASS))
    return Colours(ids, colours.legend, colours.kind, colours.title)


# Words.


def text_of(run: Run, index: int) -> tuple[str, bool]:
    """A sentence's text or its reconstruction, and whether it is the real text."""
    playback = playback_of(run)
    row = int(playback.row[index])
    sentences = run.sentences_of(playback)
    if sentences is not None:
        return sentences[row], True
    at = int(atlas_rows(run)[index])
    if run.atlas is not None and at >= 0:
        return run.atlas.reconstruction[at], False
    texts = playback.reconstruction.get(row)
    return (texts[-1], False) if texts else (f"Sentence {row:,} of the corpus", False)


def sentence(run: Run, index: int) -> Sentence:
    """A sentence that is hovered or pinned."""
    playback = playback_of(run)
    row = int(playback.row[index])
    text, is_real = text_of(run, index)
    note = f"{playback.split[index]} · sentence {row:,}"
    if not is_real:
        note += " · the corpus is not installed"
    reconstructions = playback.reconstruction.get(row)
    return {"text": text, "note": note, "row": row, "reconstructions": reconstructions}


def reconstructed(playback: Playback) -> list[int]:
    """Indexes of the sentences with stored reconstructions."""
    counts = (playback.index_of(row) for row in playback.reconstruction)
    return sorted(index for index in counts if index is not None)


def story(playback: Playback) -> str:
    """One sentence on the width of the cloud: its maximum and its end."""
    widest, last = int(playback.variance.argmax()), len(playback) - 1
    most, end = float(playback.variance[widest]), float(playback.variance[last])
    peak = f"epoch {playback.epoch[widest]:.1f}, where β was {playback.beta[widest]:.2g}"
    if most < ACTIVE_VARIANCE:
        return (
            f"The cloud never spreads: the posterior means vary by {_small(most)} a dimension at "
            f"most{_beside_the_prior(playback)}."
        )
    if end < ACTIVE_VARIANCE:
        return (
            f"The cloud is widest at {peak} (a variance of {most:.2g} a dimension), and then "
            f"collapses: in the end it varies by {_small(end)}, and all sentences have nearly "
            "the same z."
        )
    if widest == last:
        return f"The cloud is widest at the end, with a variance of {end:.2g} per dimension."
    return (
        f"The cloud is widest at {peak} (a variance of {most:.2g} per dimension); it ends at "
        f"{end:.2g}."
    )


def ending(run: Run) -> str:
    """A sentence if the snapshots end before the training does; else empty."""
    playback = playback_of(run)
    end, last = float(playback.epoch[-1]), max((at for at, _ in _reports(run, "beta")), default=0)
    apart = float(np.diff(playback.epoch).max(initial=0))
    if last - end < max(apart, 0.01):
        return ""
    rest = f"{last - end:.3g}"
    unit = "epoch" if rest == "1" else f"{rest} epochs"
    return f"The snapshots end at epoch {end:.3g}: the last {unit} of the training recorded none."


def _beside_the_prior(playback: Playback) -> str:
    prior = playback.prior
    if prior is None:
        return ""
    variance = (prior.sd_x**2 + prior.sd_y**2) / 2
    return (
        f", where samples of the prior have a variance of {variance:.2g} along each axis of this "
        "plane"
    )


def _small(variance: float) -> str:
    return "less than 0.001" if variance < 0.001 else f"{variance:.2g}"


def description(run: Run) -> str:
    """A description of the player for screen readers."""
    playback = playback_of(run)
    return (
        f"Playback of the training of {run.name}: {len(playback.row):,} sentences at "
        f"{len(playback)} snapshots from epoch {playback.epoch[0]:.1f} to "
        f"{playback.epoch[-1]:.1f}, on one plane. {story(playback)} The tables below the player "
        "contain the same in numbers."
    )


# Numbers.


def axes(playback: Playback) -> dict[str, Any]:
    """Names of the axes; their ticks are in units of z."""
    names = [f"PC {i + 1} ({part:.0%})" for i, part in enumerate(playback.explained)]
    return {"x": names[0], "y": f"{names[1]}, in units of z", "units": True}


def ellipses(run: Run) -> list[Ellipse]:
    """One and two standard deviations of the prior; none where it is not an ellipse."""
    prior = playback_of(run).prior
    if prior is None or final_model(run.config).latent["name"] != "gaussian":
        return []
    return [
        Ellipse(prior.x, prior.y, sigma * prior.sd_x, sigma * prior.sd_y, f"prior {sigma}σ")
        for sigma in (1, 2)
    ]


def snapshots(playback: Playback) -> list[dict[str, float]]:
    """The numbers of each snapshot."""
    names = ("epoch", "beta", "share", "variance")
    columns = [[float(f"{value:.6g}") for value in getattr(playback, name)] for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def series(run: Run) -> list[Series]:
    """The panels of the time line, from `history.csv`."""
    return [Series(name, unit, _thinned(_best(run, columns))) for name, unit, columns in SERIES]


def _best(run: Run, columns: Sequence[str]) -> list[tuple[float, float]]:
    changed = [_reports(run, column) for column in columns]
    return next(
        (points for points in changed if len(points) >= _FEWEST_REPORTS), max(changed, key=len)
    )


def _reports(run: Run, column: str) -> list[tuple[float, float]]:
    epochs, values = run.history.get("epoch", []), run.history.get(column, [])
    return [
        (epoch, value)
        for epoch, value in zip(epochs, values, strict=False)
        if epoch is not None and value is not None and math.isfinite(value)
    ]


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    chosen = np.linspace(0, len(points) - 1, min(len(points), MAX_POINTS)).round().astype(int)
    return [(round(points[i][0], 4), float(f"{points[i][1]:.5g}")) for i in chosen.tolist()]


def _snapshot_columns(playback: Playback) -> dict[str, list[Any]]:
    """When each snapshot was taken, and the weight of the rate then."""
    return {
        "snapshot": list(range(1, len(playback) + 1)),
        "step": playback.step.tolist(),
        "epoch": [round(value, 3) for value in playback.epoch.tolist()],
        "beta": [float(f"{value:.4g}") for value in playback.beta.tolist()],
    }


def snapshot_table(run: Run) -> dict[str, list[Any]]:
    """Every snapshot in numbers, with quantities of the nearest report in the history."""
    playback = playback_of(run)
    columns = _snapshot_columns(playback)
    for name, unit, sources in SERIES[1:]:
        points = _best(run, sources)
        columns[f"{name.lower()} ({unit})"] = [
            _reported(points, epoch) for epoch in playback.epoch.tolist()
        ]
    columns["variance of the means"] = [float(f"{v:.4g}") for v in playback.variance.tolist()]
    columns["share in the plane"] = [round(value, 4) for value in playback.share.tolist()]
    return columns


def _reported(points: Sequence[tuple[float, float]], epoch: float) -> float | None:
    """The value at an epoch; None if the nearest report is half an interval or more away."""
    if not points:
        return None
    apart = float(np.median(np.diff([0.0, *(at for at, _ in points)])))
    at, value = min(points, key=lambda point: abs(point[0] - epoch))
    return value if abs(at - epoch) < apart / 2 else None


def trail_table(run: Run, index: int) -> dict[str, list[Any]]:
    """A sentence's position and reconstruction at each snapshot."""
    playback = playback_of(run)
    columns = _snapshot_columns(playback) | {
        "x": [round(value, 4) for value in playback.xy[:, index, 0].tolist()],
        "y": [round(value, 4) for value in playback.xy[:, index, 1].tolist()],
    }
    words = playback.reconstruction.get(int(playback.row[index]))
    return columns | ({} if words is None else {"reconstruction": list(words)})


def read_epoch(text: str) -> float:
    """The epoch of a link; the end of the training if it is no number."""
    try:
        epoch = float(text)
    except ValueError:
        return math.inf
    return math.inf if math.isnan(epoch) else epoch
