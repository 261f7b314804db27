"""Starts the server, as `streamlit run` does, and sets up its sockets and theme."""

import gc
import socket
from collections.abc import Mapping
from pathlib import Path

from click import Abort
from streamlit import config
from streamlit.web import cli


def serve(script: Path, settings: Mapping[str, object]) -> None:
    """Serves `app.py` until a signal stops it.

    Args:
        script: `app.py`; Streamlit reads the settings in the folder `.streamlit` beside it.
        settings: Streamlit's options by name, which outdo those settings.

    Raises:
        KeyboardInterrupt: The signal that stopped it.
    """
    options = [f"--{name}={value}" for name, value in settings.items()]
    # Not `App.run`: it reads the settings beside the script only after `app.py` asked for one.
    try:
        cli.main(["run", str(script), *options], standalone_mode=False)
    except Abort as abort:  # in which click wraps a signal
        raise abort.__cause__ or KeyboardInterrupt from None


def send_at_once() -> None:
    """Turns Nagle's algorithm off for the sockets of this process, and all they will accept.

    Streamlit creates its listening socket without naming TCP, so that asyncio does not: each
    response of two packets then waits for the browser's delayed acknowledgement, about 40 ms.
    """
    # By type: `isinstance` would ask objects of other packages for their class.
    sockets = [item for item in gc.get_objects() if issubclass(type(item), socket.socket)]
    for item in sockets:
        is_internet = item.family in (socket.AF_INET, socket.AF_INET6)
        if is_internet and item.type == socket.SOCK_STREAM and item.fileno() >= 0:
            item.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def force_theme() -> None:
    """Shows the theme that `theme.base` names in every browser.

    Given two themes, as in this page's settings, Streamlit would let the browser choose.
    """
    base = config.get_option("theme.base")
    if base not in ("light", "dark"):
        return
    colours = config.get_options_for_section(f"theme.{base}")
    for section in ("theme.light", "theme.dark"):
        for name in config.get_options_for_section(section):
            config.set_option(f"{section}.{name}", None)
    for name, value in colours.items():
        if value is not None:
            config.set_option(f"theme.{name}", value)
