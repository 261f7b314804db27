"""Seconds as a reader wants them."""


def duration(seconds: float) -> str:
    """Formats seconds: `8 s`, `3 min 05 s`, `4 min`, `2 h 10 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60:02d} s" if whole % 60 else "")
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def rough_duration(seconds: float) -> str:
    """Formats an estimate: seconds by tens, then minutes, then hours with a decimal."""
    if seconds < 55:
        return f"{max(1, round(seconds / 10)) * 10} s"
    if seconds < 90 * 60:
        return f"{max(1, round(seconds / 60))} min"
    return f"{seconds / 3600:.1f} h"
