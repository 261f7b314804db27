"""One entry of the browser's history for every view, so that Back returns to the view left."""

import streamlit as st

# On a visit to another page Streamlit first removes the parameters of the page that is left, as an
# entry of its own, then adds the new page. Back would stop at the entry without parameters.
_ONE_ENTRY = """<script>
(() => {
  if (window.oneEntryAView) return;
  window.oneEntryAView = true;
  const push = history.pushState.bind(history);
  let isCleared = false;
  for (const kind of ["pointerdown", "keydown"]) {
    window.addEventListener(kind, () => { isCleared = false; }, true);
  }
  history.pushState = (state, unused, address) => {
    const next = new URL(address ?? location.href, location.href);
    const isSamePage = next.pathname === location.pathname;
    if (!isSamePage && isCleared) {
      isCleared = false;
      return history.replaceState(state, unused, address);
    }
    const before = new URLSearchParams(location.search);
    const after = [...next.searchParams];
    const isPart = after.every(([key, value]) => before.get(key) === value);
    isCleared = isSamePage && isPart && after.length < [...before].length;
    return push(state, unused, address);
  };
})();
</script>"""


def keep_views() -> None:
    """Merges the entry that a page leaves without its parameters with the next page's."""
    with st.container(key="history"):  # without a place of its own on the page
        st.html(_ONE_ENTRY, unsafe_allow_javascript=True)
