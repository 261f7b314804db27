"""Token ids to latent points and back."""
