"""The runs compared by an address: its parameter `runs`."""

from collections import Counter
from collections.abc import Sequence
from urllib.parse import unquote

import streamlit as st

ADDRESS = "runs"
_WRITTEN = "_runs_written"


def read_names(address: str) -> list[str]:
    """The distinct names in `a,b`, whether such runs exist or not."""
    return list(dict.fromkeys(_parts(address)))


def repeated(address: str) -> list[str]:
    """The names that occur more than once in `a,a`."""
    return [name for name, count in Counter(_parts(address)).items() if count > 1]


def _parts(address: str) -> list[str]:
    return [unquote(part) for part in address.split(",") if part]


def write_names(names: Sequence[str]) -> str:
    """The inverse of `read_names`: a comma within a name is written `%2C`."""
    return ",".join(name.replace("%", "%25").replace(",", "%2C") for name in names)


def is_new() -> bool:
    """Whether the address names runs that this session did not write there."""
    return st.query_params.get(ADDRESS, "") != st.session_state.get(_WRITTEN, "")


def asked() -> list[str]:
    """The runs that a link asks for; empty once they are shown."""
    return read_names(st.query_params.get(ADDRESS, "")) if is_new() else []


def asked_twice() -> list[str]:
    """The runs that a link asks to compare with themselves; empty once they are shown."""
    return repeated(st.query_params.get(ADDRESS, "")) if is_new() else []


def write(names: Sequence[str]) -> None:
    """Brings the address up to date with the compared runs."""
    wanted = write_names(names)
    st.session_state[_WRITTEN] = wanted
    if st.query_params.get(ADDRESS, "") == wanted:
        return
    if wanted:
        st.query_params[ADDRESS] = wanted
    else:
        del st.query_params[ADDRESS]
