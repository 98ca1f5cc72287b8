"""Commands that run on their host once, and go on without a connection."""
