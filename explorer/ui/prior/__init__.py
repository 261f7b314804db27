"""The Prior page."""
