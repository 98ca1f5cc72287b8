"""Commands that run on their host once, and continue without a connection."""
