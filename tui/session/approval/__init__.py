"""What people had a say in: what a second person allowed, and what an earlier writer wrote beside a session."""
