"""Notes: what was pinned on the pages, each with a link that reopens it."""

import streamlit as st

from explorer.ui.components import notes as messages
from explorer.ui.notes import listing

st.title("Notes")
st.caption(
    "Everything you pinned. Click a title to reopen the pinned view. Notes are stored on this "
    "machine and shared by all browsers; `explorer notes` lists them in a terminal."
)
with messages.errors_shown():
    listing.show()
