"""Tests: laws, on real input where it matters."""

from beartype import BeartypeConf, beartype

typechecker = beartype(conf=BeartypeConf(is_pep484_tower=True))
"""Checks every annotated call while tests run; an int may stand where a float is wanted."""
