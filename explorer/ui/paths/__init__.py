"""The Paths page."""
