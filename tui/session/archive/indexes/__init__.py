"""Caches beside the sessions: what lists show of them, and in which of them a text may be."""
