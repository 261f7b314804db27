"""HTTP routes that the map asks."""
