"""A run folder: its files, weights, lock and pack."""
