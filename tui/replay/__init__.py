"""Sessions seen again: what the screen showed at any moment of them."""
