"""What a click on the map is answered with."""
