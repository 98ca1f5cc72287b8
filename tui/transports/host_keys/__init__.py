"""Whether a server is the one that known_hosts names."""
