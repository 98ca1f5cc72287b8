"""The postgres probe."""
