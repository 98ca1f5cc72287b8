"""The timeline of a replay."""
