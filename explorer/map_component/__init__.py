"""The WebGL2 map and the player: assets, what they are given, and what they report.

Nothing here depends on Streamlit.
"""
