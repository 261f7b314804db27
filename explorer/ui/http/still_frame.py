"""Where the still picture lies: as the map's first view will show its points, in any window."""

import numpy as np
from jaxtyping import Float

from explorer.latent_space.home_box import MIN_GAIN, HomeBox


def style(xy: Float[np.ndarray, "n 2"], home: HomeBox) -> str:
    """Rules for the frame of the picture, which shows all points, and for the picture within it.

    Args:
        xy: Positions of the points.
        home: What the first view shows.
    """
    low, high = xy.min(axis=0), xy.max(axis=0)
    whole = HomeBox(float(low[0]), float(high[0]), float(low[1]), float(high[1]))
    rule = f".still-frame {{ {_variables(whole, home)} }}"
    condition = _fits_whole(whole, home)
    if condition:
        rule += f" @container ({condition}) {{ .still-frame {{ {_variables(whole, whole)} }} }}"
    return rule


def _variables(whole: HomeBox, shown: HomeBox) -> str:
    """A frame around `shown`, and where the picture of `whole` lies in it."""
    width, height = _spans(shown)
    wide, high = _spans(whole)
    parts = {
        "left": (whole.left - shown.left) / width,
        "top": (shown.top - whole.top) / height,
        "width": wide / width,
        "height": high / height,
    }
    sides = " ".join(f"--{name}: {100 * part:.3f}%;" for name, part in parts.items())
    return f"--aspect: {width / height:.5f}; {sides}"


def _fits_whole(whole: HomeBox, home: HomeBox) -> str:
    """The shapes of windows in which the map shows everything, as in `view.js`, as a query."""
    (width, height), (wide, high) = _spans(home), _spans(whole)
    if home == whole:
        return ""
    if high / height < MIN_GAIN and wide / width < MIN_GAIN:
        return "min-width: 0"
    if high / height >= MIN_GAIN and wide / width >= MIN_GAIN:
        return ""
    if high / height >= MIN_GAIN:
        return f"max-aspect-ratio: {MIN_GAIN * width / high:.5f}"
    return f"min-aspect-ratio: {wide / (MIN_GAIN * height):.5f}"


def _spans(box: HomeBox) -> tuple[float, float]:
    return max(box.right - box.left, 1e-9), max(box.top - box.bottom, 1e-9)
