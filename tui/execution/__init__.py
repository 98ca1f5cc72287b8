"""Making things happen on hosts, one announced attempt at a time."""
