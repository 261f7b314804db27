"""The pickers of two groups of sentences, the ends of a direction."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from explorer.errors import ExplorerError
from explorer.explore import sentence_groups
from explorer.explore.run import Run
from explorer.explore.sentence_groups import Groups
from explorer.ui.components.escaping import markdown, message, minus

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

_HELP = (
    "A group of the map, or words: all sentences that contain them. Shift-drag with the mouse "
    "on the map to use a rectangle."
)


def groups_of(run: Run) -> Groups:
    """The predefined groups of a run's map, cached."""
    return _groups(run, run.stamp)


@st.cache_data(max_entries=8, show_spinner=False)
def _groups(_run: Run, stamp: str) -> Groups:
    return sentence_groups.groups_of(_run)


def ask(run: Run, left: "DeltaGenerator", right: "DeltaGenerator") -> tuple[str, str] | None:
    """The group to move away from and the one to move towards; None if there are not two."""
    groups = groups_of(run)
    start = groups.start()
    if start is None:
        st.info(
            "This map has fewer than two groups of five sentences: it has no labels or regions, "
            "and all sentences have the same length. Choose *From A to B*.",
            icon=":material/group_off:",
        )
        return None
    names = list(groups.rows)
    towards = _box(left, "Towards", "towards", names, start[0])
    away = _box(right, "Away from", "away", names, start[1])
    if _is_foreign(towards, names) or _is_foreign(away, names):
        st.rerun()  # values of the link override the session until the widget exists
    return away, towards


def tell(run: Run, away: str, towards: str) -> bool:
    """Shows the groups' sizes and separation; whether they define a direction."""
    if towards == away:
        st.info("Choose two different groups.", icon=":material/call_split:")
        return False
    known = groups_of(run)
    try:
        first, second = (sentence_groups.members(run, known, name) for name in (towards, away))
    except ExplorerError as error:
        st.info(f"{message(str(error))}.", icon=":material/group_off:")
        return False
    sizes = [
        f"{len(rows):,} {markdown(sentence_groups.title(known, name))}"
        for rows, name in ((first, towards), (second, away))
    ]
    both = len(np.intersect1d(first, second))
    apart = sentence_groups.apart(run, known, away, towards)
    far = "" if apart is None else minus(f"{apart:.1f}")
    separation = f" · **{far}** standard deviations apart" if far else ""
    shared = f" · {both:,} are in both" if both else ""
    st.caption(
        f"Mean of {sizes[0]} minus mean of {sizes[1]}{separation}{shared}.",
        help="Cohen's d along the direction, estimated on half of the sentences and measured on "
        "the other half: about 0 means that the groups do not differ in latent space.",
    )
    return True


def _box(container: "DeltaGenerator", title: str, key: str, names: list[str], first: str) -> str:
    if _is_foreign(st.session_state.get(key), names):
        st.session_state[key] = first
    return container.selectbox(
        title,
        names,
        names.index(first),
        key=key,
        bind="query-params",
        accept_new_options=True,
        help=_HELP,
    )


def _is_foreign(name: str | None, names: Sequence[str]) -> bool:
    """Whether it is a region or label of another run, which must not be read as words."""
    return sentence_groups.is_own_name(name or "") and name not in names
