"""The answer to a click on the map."""
