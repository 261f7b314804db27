"""Routes for requests without a rerun: points, colours, hover texts, decoded positions.

A stamp is looked up among the runs that the app has opened, so that no part of an address becomes
a path. Addresses identify their content (the run's stamp, the checksum of the scripts), so that
what does not depend on a person's files is cached for good.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from explorer.errors import ExplorerError
from explorer.explore import map_answers, playback_story
from explorer.explore.aligned_maps import Aligned, aligned
from explorer.explore.colourings import DEFAULT_COLOURING, available, colouring_of
from explorer.explore.map_views import DEFAULT_VIEW, VIEWS, MapView, view_of
from explorer.models.decoding_settings import Decoding
from explorer.runs import folder as folders
from explorer.ui.map import scripts
from explorer.ui.session.open_runs import opened

FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}
NEVER = {"Cache-Control": "no-store"}


class _RefusedError(Exception):
    """A request answered with an error: a status and a message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def routes() -> list[Route]:
    """The routes for `st.App`; all are GET, for pages of the same origin only."""
    base = scripts.base_path()
    run = f"{base}/api/runs/{{stamp}}"
    return [
        Route(f"{base}/api/ui/{{version}}/{{name}}", _guarded(_asset), methods=["GET"]),
        Route(f"{run}/points", _guarded(_points), methods=["GET"]),
        Route(f"{run}/colours", _guarded(_colours), methods=["GET"]),
        Route(f"{run}/hover", _guarded(_hover), methods=["GET"]),
        Route(f"{run}/decode", _guarded(_decode), methods=["GET"]),
        Route(f"{run}/playback/{{mark}}/places", _guarded(_frames), methods=["GET"]),
        Route(f"{run}/playback/{{mark}}/colours", _guarded(_frame_colours), methods=["GET"]),
        Route(f"{run}/playback/{{mark}}/sentence", _guarded(_sentence), methods=["GET"]),
    ]


def _guarded(answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """Run `answer` in a worker thread; refusals and a person's mistakes become JSON."""

    def endpoint(request: Request) -> Response:
        try:
            # A page of another site can neither read these (no CORS header) nor use the model.
            if request.headers.get("sec-fetch-site", "same-origin") == "cross-site":
                raise _RefusedError(403, "only pages of this app may send requests")
            return answer(request)
        except _RefusedError as refusal:
            return JSONResponse({"error": str(refusal)}, refusal.status, NEVER)
        except ExplorerError as error:
            return JSONResponse({"error": str(error)}, 422, NEVER)

    return endpoint


def _asset(request: Request) -> Response:
    file = scripts.files().get(request.path_params["name"])
    if file is None or request.path_params["version"] != scripts.version():
        raise _RefusedError(404, "no such file: reload the page")
    content, media_type = file
    headers = {**FOREVER, "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=media_type, headers=headers)


def _points(request: Request) -> Response:
    run, _ = _run(request)
    return _binary(map_answers.point_bytes(_map(request, run)))


def _map(request: Request, run: Any) -> MapView | Aligned:
    """The map of an address: a view of the run, perhaps aligned with another run's."""
    view = request.query_params.get("view", DEFAULT_VIEW)
    if view not in VIEWS:
        raise _RefusedError(400, f"view must be {' or '.join(VIEWS)}")
    onto = request.query_params.get("onto")
    return view_of(run, view) if onto is None else aligned(run, _opened(onto)[0], view)


def _colours(request: Request) -> Response:
    run, _ = _run(request)
    by = request.query_params.get("by", DEFAULT_COLOURING)
    known = available(run)
    if by not in known:
        raise _RefusedError(400, f"by must be one of {', '.join(known)}")
    like = request.query_params.get("like")
    if like is not None:
        return _binary(aligned(run, _opened(like)[0], DEFAULT_VIEW).regions.tobytes())
    return _binary(map_answers.colour_bytes(colouring_of(run, by).colours_of(run)))


def _hover(request: Request) -> Response:
    run, _ = _run(request)
    row = _number(request, "i", int)
    with _refusing(404):
        answer = map_answers.sentence(run, row)
    # The corpus may be downloaded later, under the same stamp.
    return JSONResponse(answer, headers=NEVER)


def _decode(request: Request) -> Response:
    run, _ = _run(request)
    view = _map(request, run)
    with _refusing(400):
        xy = map_answers.read_positions(request.query_params.get("at", ""))
    strength = _number(request, "strength", float, "1")
    decoding = Decoding(label=request.query_params.get("label", ""), strength=strength)
    return JSONResponse(map_answers.decoded(run, view, xy, decoding), headers=FOREVER)


@contextmanager
def _refusing(status: int) -> Iterator[None]:
    """A question that cannot be answered is refused with this status."""
    try:
        yield
    except ExplorerError as error:
        raise _RefusedError(status, str(error)) from None


def _frames(request: Request) -> Response:
    run = _playing(request)
    return _binary(np.ascontiguousarray(run.playback.xy, "<f4").tobytes())


def _frame_colours(request: Request) -> Response:
    run = _playing(request)
    by, known = request.query_params.get("by", ""), playback_story.colour_choices(run)
    if by not in known:
        raise _RefusedError(400, f"by must be one of {', '.join(known)}")
    return _binary(map_answers.colour_bytes(playback_story.colours_of(run, by)))


def _sentence(request: Request) -> Response:
    run = _playing(request)
    index = _number(request, "i", int)
    if not 0 <= index < len(run.playback.row):
        raise _RefusedError(404, f"i is 0 to {len(run.playback.row) - 1}")
    # The corpus may be downloaded later, under the same stamp.
    return JSONResponse(playback_story.sentence(run, index), headers=NEVER)


def _playing(request: Request) -> Any:
    """The open run of an address, if it has this playback."""
    run = opened(request.path_params["stamp"])
    if run is None or run.playback is None or run.playback.mark != request.path_params["mark"]:
        raise _RefusedError(404, "no run with this playback is open: reload the page")
    return run


def _run(request: Request) -> tuple[Any, Any]:
    """The open run of an address, and its atlas."""
    return _opened(request.path_params["stamp"])


def _opened(stamp: str) -> tuple[Any, Any]:
    run = opened(stamp)
    if run is None:
        raise _RefusedError(404, "no run with this stamp is open: reload the page")
    if run.atlas is None:
        raise _RefusedError(404, folders.no_map(run.folder))
    return run, run.atlas


def _number(request: Request, name: str, kind: Callable[[str], Any], default: str = "") -> Any:
    text = request.query_params.get(name, default)
    try:
        return kind(text)
    except ValueError:
        raise _RefusedError(400, f"{name} must be a number") from None


def _binary(content: bytes) -> Response:
    return Response(content, media_type="application/octet-stream", headers=FOREVER)
