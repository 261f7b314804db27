"""Timings, run by hand: `python -m tests.benchmarks.click`, `python -m tests.benchmarks.speed`."""
