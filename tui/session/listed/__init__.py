"""What lists show of a session, as values: what works them out is not loaded to show those of the index."""
