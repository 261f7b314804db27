"""The last picks of this session on a run's map, to undo and to return to."""

from dataclasses import dataclass, field

import streamlit as st

from explorer.explore.run import Run
from explorer.ui.session import picks
from explorer.ui.session.picks import Pick

MOST = 20
_RECENT = "_recent_picks"


@dataclass(frozen=True)
class Visit:
    """A pick, as it was shown.

    Attributes:
        pick: What was picked.
        view: The view of the map that it was picked in.
        words: The text of the map for it.
        xy: Its position there.
    """

    pick: Pick
    view: str
    words: str
    xy: tuple[float, float]


@dataclass
class Recent:
    """Picks from the first to the last; those after the current one can be redone."""

    visits: list[Visit] = field(default_factory=list)
    at: int = -1

    def note(self, visit: Visit) -> None:
        """Notes what is picked now; a new pick replaces what could be redone."""
        if self.at >= 0 and self.visits[self.at].pick == visit.pick:
            self.visits[self.at] = visit
            return
        self.visits = [*self.visits[: self.at + 1], visit][-MOST:]
        self.at = len(self.visits) - 1

    def go(self, at: int) -> Visit | None:
        """Makes the visit of an index the current one; None where there is none."""
        if not 0 <= at < len(self.visits):
            return None
        self.at = at
        return self.visits[at]


def recent(run: Run) -> Recent:
    """The recent picks of a run."""
    return st.session_state.setdefault(_RECENT, {}).setdefault(run.stamp, Recent())


def go(run: Run, at: int) -> None:
    """Picks what was picked before, or undone."""
    visit = recent(run).go(at)
    if visit is None:
        return
    if isinstance(visit.pick, picks.TextPick):
        picks.type_text(visit.pick.text)
    else:
        picks.set_pick(visit.pick)
