"""What follows from a session's state for those who look at it: pure functions, no input or output."""
