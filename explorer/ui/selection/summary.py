"""What a selection is."""

import numpy as np
from jaxtyping import Int

from explorer.explore.run import Run
from explorer.explore.selection import Selection


def show(run: Run, selection: Selection, rows: Int[np.ndarray, " rows"]) -> None:
    """What a selection is."""
