"""What can be done in a session now, and why the rest cannot."""
