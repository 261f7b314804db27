"""The notes: listed, edited, exported."""
