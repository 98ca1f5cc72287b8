"""Making things happen in the world, one announced attempt at a time."""
