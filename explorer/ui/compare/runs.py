"""The compared runs: how they are chosen and distinguished."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from explorer import config as configs
from explorer.errors import ExplorerError
from explorer.explore import ablation, run_choice
from explorer.explore.palette import CLASSES
from explorer.explore.recipe_families import Family, families
from explorer.explore.run import Run
from explorer.runs import folder as folders
from explorer.ui.components import notes, run_picker
from explorer.ui.components.escaping import markdown
from explorer.ui.session import compared_names, open_runs
from explorer.ui.session.compared_names import read_names, write_names

__all__ = ["read_names", "write_names"]

MAX_RUNS = 4
"""The most runs that are compared."""
KEY = "compared"

_FAMILY = "compared_family"
_CURRENT, _MISSED = "_compared_current", "_compared_missed"
_ITSELF = "_compared_itself"
_COLOURS = CLASSES[:4]
_GLYPHS = ("●", "■", "◆", "▲")
_SYMBOLS = ("circle", "square", "diamond", "triangle-up")
_DASHES = ("solid", "dash", "dashdot", "dot")


@dataclass(frozen=True, eq=False)
class Column:
    """A compared run with its colour and, for the colour-blind, its shape."""

    run: Run
    number: int

    @property
    def name(self) -> str:
        """Of the run."""
        return self.run.name

    @property
    def typed(self) -> str:
        """The run in a command or a URL: its name, or its path where the name is taken."""
        return folders.typed(self.run.folder)

    @property
    def colour(self) -> str:
        """Of its glyph, its points and its lines."""
        return _COLOURS[self.number]

    @property
    def glyph(self) -> str:
        """Stands before its name."""
        return _GLYPHS[self.number]

    @property
    def symbol(self) -> str:
        """Plotly's name of the glyph."""
        return _SYMBOLS[self.number]

    @property
    def dash(self) -> str:
        """Of its lines."""
        return _DASHES[self.number]


# Choosing.


def first_choice(
    current: str, names: Sequence[str], mapped: Sequence[str], preferred: Sequence[str] = ()
) -> list[str]:
    """The current run and another: a preferred one, else one with a map if possible."""
    others = [name for name in (*preferred, *mapped, *names) if name != current]
    return [current, *others[:1]]


def _contrasting(name: str) -> list[str]:
    """The run whose use of z contrasts with that of `name`, on its corpus."""
    records = open_runs.records()
    here = next((record for record in records if record.name == name), None)
    if here is None:
        return []
    alike = [item for item in records if item is here or item.shares_corpus(here)]
    if here.ignores_z or here.uses_z:
        alike = [item for item in alike if item is here or item.uses_z != here.uses_z]
    pair = run_choice.collapsed_and_healthy(alike)
    return list(pair or ())


def choose() -> list[Column]:
    """The chosen runs, opened; an empty list, after a message, if fewer than two."""
    names = open_runs.listing().names
    if len(names) < 2:
        _need_another(names)
        return []
    _adopt(names)
    notes.warn_missing(_missed())
    _say_partner()
    st.multiselect(
        "Runs side by side",
        names,
        key=KEY,
        max_selections=MAX_RUNS,
        on_change=_follow,
        placeholder="Choose two to four runs",
        help="Two to four runs; each has the same colour and marker throughout the page.",
    )
    chosen = list(st.session_state[KEY])
    _offer_families(names, chosen)
    compared_names.write(chosen)
    if len(chosen) < 2:
        st.info("Choose two to four runs above.", icon=":material/compare:")
        return []
    columns = []
    for name in chosen:
        with notes.errors_shown():
            run = open_runs.run_of(name)
            run.check()  # one faulty run must not end the page of the others
            columns.append(Column(run, len(columns)))
    return columns if len(columns) >= 2 else []


def _offer_families(names: Sequence[str], chosen: Sequence[str]) -> None:
    """Offers ablations: sets of runs whose recipes differ in one part."""
    families = _families(names)
    labels = [family.label(MAX_RUNS) for family in families]
    offered = {
        # Without the common part of their names two sets may have the same label.
        label if labels.count(label) == 1 else family.label(MAX_RUNS, whole=True): family.names[
            :MAX_RUNS
        ]
        for label, family in zip(labels, families, strict=True)
    }
    if not offered:
        return
    shown = (label for label, family in offered.items() if set(family) == set(chosen))
    current = st.session_state[_FAMILY] = next(shown, None)
    st.pills(
        "Ablations",
        list(offered),
        key=_FAMILY,
        on_change=_take_family,
        args=(offered,),
        help="Runs whose recipes differ only in this setting.",
    )
    if current is not None:
        family = next(item for item in families if set(item.names[:MAX_RUNS]) == set(chosen))
        st.markdown(markdown(ablation.effect(family, open_runs.records())))


def _take_family(offered: Mapping[str, Sequence[str]]) -> None:
    chosen = st.session_state[_FAMILY]
    if chosen is not None:
        st.session_state[KEY] = list(offered[chosen])
        _follow()


def _follow() -> None:
    """Makes the run of the sidebar one of those compared: the one that uses z best."""
    chosen = st.session_state[KEY]
    if chosen and st.session_state.get("run") not in chosen:
        named = [record for record in open_runs.records() if record.name in chosen]
        run_picker.choose_run(run_choice.healthiest(named) or chosen[0])
        st.session_state[_CURRENT] = st.session_state["run"]


def reference(columns: Sequence[Column]) -> Column:
    """The column whose map, regions and colours the others take: the run that uses z best."""
    names = {column.typed: column for column in columns}
    recorded = [record for record in open_runs.records() if record.name in names]
    return names.get(run_choice.healthiest(recorded) or "", columns[0])


def _families(names: Sequence[str]) -> list[Family]:
    listed = folders.by_name()
    paths = {name: listed.get(name, Path(name)) / folders.CONFIG for name in names}
    there = {name: path for name, path in paths.items() if path.is_file()}
    return _cached_families(there, [path.stat().st_mtime_ns for path in there.values()])


@st.cache_data(max_entries=8, show_spinner=False)
def _cached_families(paths: Mapping[str, Path], written: Sequence[int]) -> list[Family]:
    recipes = {}
    for name, path in paths.items():
        # An unreadable recipe is reported where its run is chosen.
        with suppress(ExplorerError):
            recipes[name] = configs.read(path)
    return families(recipes)


def _need_another(names: Sequence[str]) -> None:
    named = f" ({markdown(names[0])})" if names else ""
    st.info(f"There is only one run{named}; a comparison needs two.", icon=":material/add:")
    st.caption("Train another run, or add one that somebody sent you:")
    st.code(
        "explorer new another --corpus captions --prior mixture\n"
        "explorer train another\n"
        "explorer add PATH-OR-PACK",
        language="bash",
    )


def _adopt(names: Sequence[str]) -> None:
    """Reconciles the choice with the URL, the run picker and the existing runs."""
    known = st.session_state
    current, is_new = known.get("run", names[0]), compared_names.is_new()
    asked = compared_names.asked()
    twice = compared_names.asked_twice()
    known_names = [name for name in asked if name in names][:MAX_RUNS]
    chosen = known_names or [name for name in known.get(KEY, ()) if name in names]
    if len(known_names) == 1 or (KEY not in known and not known_names):
        mapped = [name for name in names if has_map(name)]
        first = known_names[0] if known_names else current
        chosen = first_choice(first, names, mapped, _contrasting(first))
    elif not known_names and known.get(_CURRENT, current) != current and current not in chosen:
        chosen = [current, *chosen[1:]]  # the run picker changed
    known[_CURRENT] = current
    if known.get(KEY) != chosen:
        known[KEY] = chosen
    if is_new:
        known[_MISSED] = (chosen, [name for name in asked if name not in names][:MAX_RUNS])
        known[_ITSELF] = (chosen, twice if twice == known_names else [])


def _say_partner() -> None:
    """Why a link that names one run twice shows another beside it, until others are chosen."""
    chosen, twice = st.session_state.get(_ITSELF, ([], []))
    if twice and chosen == st.session_state[KEY]:
        name, *others = map(markdown, chosen)
        st.info(
            f"A run cannot be compared with itself, so beside **{name}** is "
            f"**{', '.join(others)}**.",
            icon=":material/compare:",
        )


def _missed() -> list[str]:
    """Runs of the link that do not exist, until others are chosen."""
    chosen, names = st.session_state.get(_MISSED, ([], []))
    return names if chosen == st.session_state[KEY] else []


def has_map(name: str) -> bool:
    """Whether a run of this name has a map file."""
    return (folders.find(name) / folders.ATLAS).is_file()
