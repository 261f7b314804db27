"""The server: it starts, answers, serves the map's routes and fetches nothing from elsewhere."""

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_server_object_is_found_in_app_py() -> None:
    from streamlit.web.server.app_discovery import discover_asgi_app

    assert discover_asgi_app(ROOT / "app.py").is_asgi_app


def test_settings_are_known_to_streamlit_and_fetch_nothing() -> None:
    from streamlit import config

    table = tomllib.loads((ROOT / ".streamlit/config.toml").read_text("utf-8"))
    assert table["runner"]["postScriptGC"] is False
    assert table["browser"]["gatherUsageStats"] is False
    assert "://" not in str(table)
    known = set(config._config_options_template)
    for section, options in table.items():
        for name, value in options.items():
            nested = value if isinstance(value, dict) else {"": value}
            for inner in nested:
                assert ".".join(filter(None, (section, name, inner))) in known


def test_no_icon_of_the_page_is_fetched_from_the_network() -> None:
    from explorer.ui.app import ICON

    assert ICON.is_file()
    tree = ast.parse((ROOT / "explorer/ui/app.py").read_text("utf-8"))
    call = next(
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "set_page_config"
    )
    icon = next(item.value for item in call.keywords if item.arg == "page_icon")
    assert not isinstance(icon, ast.Constant)


def test_a_theme_that_is_named_is_the_only_one() -> None:
    from streamlit import config

    from explorer.ui.http.server import force_theme

    given = {"theme.base": "dark", "theme.dark.textColor": "#fefefe"}
    try:
        config.get_config_options(force_reparse=True, options_from_flags=given)
        force_theme()
        assert config.get_option("theme.textColor") == "#fefefe"
        for section in ("theme.light", "theme.dark"):
            assert not any(config.get_options_for_section(section).values())
    finally:
        config.get_config_options(force_reparse=True)
