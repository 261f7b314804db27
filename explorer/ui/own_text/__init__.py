"""The page Your text: a file becomes a map, and then a model of its own."""
