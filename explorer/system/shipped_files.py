"""Files that ship with the package: the page's script, its settings and the trained runs."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def root() -> Path:
    """The folder of `app.py`, `.streamlit/` and `checkpoints/`.

    A wheel carries them inside the package (`pyproject.toml`); a checkout has them beside it.
    """
    inside = PACKAGE / "shipped"
    return inside if inside.is_dir() else PACKAGE.parent
