"""The server: `explorer app` or `streamlit run app.py` serves the page and the map's routes."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, object]]:
    """Opens the default run in the background once the server answers."""
    from explorer.ui.http import first_paint, request_timeout
    from explorer.ui.http.access import welcome
    from explorer.ui.http.server import force_theme, send_at_once
    from explorer.ui.session.open_runs import warm_in_background

    force_theme()
    send_at_once()
    request_timeout.install()
    # Another server, as of `uvicorn app:app`, reports its port itself.
    if Path(sys.argv[0]).resolve() == Path(__file__).resolve():
        sys.stdout.write(welcome())
        sys.stdout.flush()
    warm_in_background()
    first_paint.prepare_in_background()
    yield {}


if get_script_run_ctx(suppress_warning=True) is None:
    from starlette.middleware import Middleware

    from explorer.system import cpu_threads, malloc_arenas
    from explorer.ui.http.access import Access
    from explorer.ui.http.first_paint import FirstPaint
    from explorer.ui.http.routes import routes
    from explorer.ui.http.work_queue import WorkQueue

    # For the small batches of a click, a second thread costs more than it saves.
    cpu_threads.share_cores(1)
    malloc_arenas.share()
    layers = [Middleware(Access), Middleware(WorkQueue), Middleware(FirstPaint)]
    app = st.App(Path(__file__), routes=routes(), lifespan=lifespan, middleware=layers)
else:
    from explorer.ui.app import page

    page()
