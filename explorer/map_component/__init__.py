"""The map and the player: WebGL2 assets, without streamlit."""
