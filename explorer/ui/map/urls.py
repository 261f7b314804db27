"""Addresses that the map and the player ask; `ui/http` answers them.

An address names its content (the run's stamp, the checksum of what was fitted), so that the
browser may keep the answer for good.
"""

from typing import Any
from urllib.parse import quote

from explorer.explore.colourings import COLOURINGS
from explorer.explore.map_views import DEFAULT_VIEW, view_of
from explorer.models.decoding_settings import Decoding
from explorer.ui.map import scripts


def points_url(run: Any, view: str = DEFAULT_VIEW, onto: Any = None) -> str:
    """Where the places of a run's points are: float32 x, y pairs, little-endian.

    Args:
        run: The run.
        view: A key of `explore.map_views.VIEWS`.
        onto: Another opened run, onto whose map the points are laid.
    """
    return f"{_run_url(run)}/points?{_map_query(run, view, onto)}"


def decode_url(run: Any, view: str, decoding: Decoding, onto: Any = None) -> str:
    """Where it is read what the run says at places of its map; the map adds `&at=x,y;x,y`.

    The answer holds, for each place, `text` and `opacity`. Words are those of greedy decoding,
    which say the same whoever asks for how many.

    Args:
        run: The run.
        view: A key of `explore.map_views.VIEWS`.
        decoding: Whose label and strength a conditional model is told.
        onto: Another opened run, onto whose map the places are laid.
    """
    label = f"&label={quote(decoding.label)}&strength={decoding.strength:g}"
    told = label if decoding.label else ""
    return f"{_run_url(run)}/decode?{_map_query(run, view, onto)}{told}"


def _map_query(run: Any, view: str, onto: Any) -> str:
    frame = "" if onto is None else f"&onto={quote(onto.stamp, safe='')}"
    return f"view={view}{frame}{_mark(view_of(run, view).mark)}"


def colours_url(run: Any, by: str, like: Any = None) -> str:
    """Where the colours of a run's points are: a byte a point, see `explore.point_colours`.

    Args:
        run: The run.
        by: What colours the points.
        like: Another opened run, whose regions colour the sentences that both have.
    """
    frame = "" if like is None else f"&like={quote(like.stamp, safe='')}"
    return f"{_run_url(run)}/colours?by={by}{frame}{_mark(COLOURINGS[by].mark(run))}"


def _mark(checksum: str) -> str:
    """Makes an address that is cached for good name what the run's stamp does not."""
    return f"&of={checksum}" if checksum else ""


def hover_url(run: Any) -> str:
    """Where a point's sentence is; the map adds `?i=row`."""
    return f"{_run_url(run)}/hover"


def playback_url(run: Any, what: str) -> str:
    """Where the `places`, `colours` and each `sentence` of a run's playback are."""
    return f"{_run_url(run)}/playback/{run.playback.mark}/{what}"


def _run_url(run: Any) -> str:
    return f"{scripts.base_path()}/api/runs/{quote(run.stamp, safe='')}"
