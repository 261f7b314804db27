"""Trains, measures and explores the latent space of text VAEs."""
