"""What a group of hosts is in a session: a cell for each member, and what the cells of an action come to."""
