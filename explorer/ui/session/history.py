"""One entry of the browser's history an action, so that Back returns to the view left."""

from functools import wraps

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.query_params import QueryParams

# One visit to another page changes the address several times: Streamlit removes the parameters of
# the page that is left, adds the new page, and then the settings that it shares with others. Back
# would stop at each of them.
_ONE_ENTRY = """<script>
(() => {
  if (window.oneEntryAnAction) return;
  window.oneEntryAnAction = true;
  const push = history.pushState.bind(history);
  let hasActed = false;
  for (const kind of ["pointerdown", "keydown"]) {
    window.addEventListener(kind, () => { hasActed = true; }, true);
  }
  window.addEventListener("popstate", () => { hasActed = false; });
  history.pushState = (...entry) => {
    const write = hasActed ? push : history.replaceState.bind(history);
    hasActed = false;
    return write(...entry);
  };
})();
</script>"""

_read = QueryParams.populate_from_query_string
_STALE = "_of_the_page_left"


@wraps(_read)
def _read_whole(
    self: QueryParams, query_string: str, valid_script_hashes: set[str] | None = None
) -> None:
    """Reads an address, and notes the parameters that the page left was bound to.

    Streamlit drops those, whatever brought the next page. But after Back or Forward they belong to
    the page returned to; only a followed link leaves them behind, and `drop_stale` removes them.
    """
    stale = []
    for key, binding in list(self._bindings_by_param.items()):
        if valid_script_hashes is not None and binding.script_hash not in valid_script_hashes:
            self.unbind_widget(binding.widget_id)
            stale.append(key)
    setattr(self, _STALE, stale)
    _read(self, query_string, valid_script_hashes)


def is_return() -> bool:
    """Whether Back or Forward asked for this run of the script."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def _drop_stale() -> None:
    """Takes out of the address what a followed link left behind of the page before."""
    context = get_script_run_ctx()
    if context is None or context.is_history_navigation:
        return
    with context.session_state.query_params() as address:
        stale = [key for key in getattr(address, _STALE, ()) if address.has_param(key)]
        for key in stale:
            address.discard_param_no_forward_msg(key)
        if stale:
            address.set_initial_query_params_from_current()
            address._send_query_param_msg()


def keep_views(more: str = "") -> None:
    """Makes Back and Forward return to the view left.

    Addresses are read whole, and what a person does adds one entry to the history at most.

    Args:
        more: Further scripts of every page, as HTML.
    """
    QueryParams.populate_from_query_string = _read_whole
    _drop_stale()
    with st.container(key="history"):  # without a place of its own on the page
        st.html(_ONE_ENTRY + more, unsafe_allow_javascript=True)
