"""The map on a server of its own: what `test_browser_map.py` drives."""

import streamlit as st
from fake import island, run

from explorer.ui.http.routes import routes
from explorer.ui.session.open_runs import remember

remember(run)
remember(island)
app = st.App("page.py", routes=routes())
