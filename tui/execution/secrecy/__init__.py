"""Secrets: where they come from, and how nothing of them is shown or kept."""
