"""The last row of every screen."""
