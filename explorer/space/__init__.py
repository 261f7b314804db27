"""Latent points and what can be done with them: maps, regions, paths, neighbours."""
