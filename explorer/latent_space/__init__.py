"""The latent space: atlas, projections, clusters, paths, neighbours."""
