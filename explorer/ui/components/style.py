"""The style of all pages."""

from pathlib import Path

STYLE = Path(__file__).with_name("page.css")
"""The style sheet; the server also puts it into the page that a browser loads first."""
