"""What can be done now, for the band, the keys, the palette."""
