"""Questions around a second person's approval of a step."""
