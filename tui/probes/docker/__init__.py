"""The docker probe."""
