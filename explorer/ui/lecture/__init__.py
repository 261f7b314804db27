"""Lecture mode: prepared scenes in large type, moved through by keys."""
