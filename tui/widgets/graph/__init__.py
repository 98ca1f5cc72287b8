"""Graphs of what was measured, with their limits."""
