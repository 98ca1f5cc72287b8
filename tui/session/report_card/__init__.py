"""A session on one card, for screens and reports."""
