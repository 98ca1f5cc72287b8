"""What keeps a person from starting anything in a session that somebody else has taken over."""
