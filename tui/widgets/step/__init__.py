"""The card of a step."""
