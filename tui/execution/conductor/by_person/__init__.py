"""What people do for a step of a session, and what they sign."""
