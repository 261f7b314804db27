"""Addresses of what the map and the player fetch; `ui/http` serves them.

An address identifies its content (the run's stamp, a checksum of what was fitted), so that the
browser may cache the answer for good.
"""

from typing import Any
from urllib.parse import quote

from explorer.explore.colourings import colouring_of
from explorer.explore.map_views import DEFAULT_VIEW, view_of
from explorer.models.decoding_settings import Decoding
from explorer.ui.map import scripts


def points_url(run: Any, view: str = DEFAULT_VIEW, onto: Any = None) -> str:
    """Address of the positions of a run's points: float32 x, y pairs, little-endian.

    Args:
        run: The run.
        view: A key of `explore.map_views.VIEWS`.
        onto: Another open run, with whose map the points are aligned.
    """
    return f"{_run_url(run)}/points?{_map_query(run, view, onto)}"


def decode_url(run: Any, view: str, decoding: Decoding, onto: Any = None) -> str:
    """Address of sentences decoded at positions of a map; the map adds `&at=x,y;x,y`.

    For each position the answer has `text`, `opacity` and `distance` (from the nearest sentence,
    in typical distances between neighbours). Decoding is greedy, so that a sentence does not
    depend on the number of positions.

    Args:
        run: The run.
        view: A key of `explore.map_views.VIEWS`.
        decoding: Label and strength for a conditional model.
        onto: Another open run, with whose map the positions are aligned.
    """
    label = f"&label={quote(decoding.label)}&strength={decoding.strength:g}"
    condition = label if decoding.label else ""
    return f"{_run_url(run)}/decode?{_map_query(run, view, onto)}{condition}"


def _map_query(run: Any, view: str, onto: Any) -> str:
    frame = "" if onto is None else f"&onto={quote(onto.stamp, safe='')}"
    return f"view={view}{frame}{_mark(view_of(run, view).mark)}"


def colours_url(run: Any, by: str, like: Any = None) -> str:
    """Address of the colours of a run's points: a byte per point, see `explore.point_colours`.

    Args:
        run: The run.
        by: A name of `explore.colourings.available`.
        like: Another open run, whose regions colour the shared sentences.
    """
    frame = "" if like is None else f"&like={quote(like.stamp, safe='')}"
    mark = _mark(colouring_of(run, by).mark(run))
    return f"{_run_url(run)}/colours?by={quote(by, safe='')}{frame}{mark}"


def _mark(checksum: str) -> str:
    """Makes an address that is cached for good name what the run's stamp does not."""
    return f"&of={checksum}" if checksum else ""


def hover_url(run: Any) -> str:
    """Address of a point's sentence; the map adds `?i=row`."""
    return f"{_run_url(run)}/hover"


def playback_url(run: Any, what: str) -> str:
    """Address of the `places`, `colours` or a `sentence` of a run's playback."""
    return f"{_run_url(run)}/playback/{run.playback.mark}/{what}"


def _run_url(run: Any) -> str:
    return f"{scripts.base_path()}/api/runs/{quote(run.stamp, safe='')}"
