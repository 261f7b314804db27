"""The map on a server of its own: what `test_browser_map.py` drives."""

import streamlit as st
from fake import run

from explorer.ui.opened import remember
from explorer.ui.routes import routes

remember(run)
app = st.App("page.py", routes=routes())
