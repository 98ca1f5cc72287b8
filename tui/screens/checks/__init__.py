"""The table of checks."""
