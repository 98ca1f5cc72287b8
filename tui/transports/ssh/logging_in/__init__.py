"""Logging in to a host: the keys there are, what is typed, and in which order."""
