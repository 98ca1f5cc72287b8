"""Who has a session, of the people who share it, and what becomes of those who had it before."""
