"""The Arithmetic page."""
