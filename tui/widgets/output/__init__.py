"""The output of an attempt."""
