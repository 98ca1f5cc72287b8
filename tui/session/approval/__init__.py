"""Where a second person's approval of a step stands, in words."""
