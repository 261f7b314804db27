"""Topics: what a run of documents found, each topic in words."""

import streamlit as st

from explorer.ui.components import notes, run_picker
from explorer.ui.session import picks
from explorer.ui.topics import listing

run = picks.current_run()
listing.follow()

st.title("Topics")
st.caption(
    "A document model reads each text as word counts. A topic, or one end of a dimension of z, "
    "is described by the words that are likely there and unlikely elsewhere."
)
with notes.errors_shown():
    listing.need_documents(run)
    run_picker.need_map(run)
    listing.show(run)
    notes.corpus_note(run)
