"""Experiments: claims of a lecture, tried out."""
