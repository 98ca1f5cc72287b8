"""The rows on top of every screen."""
