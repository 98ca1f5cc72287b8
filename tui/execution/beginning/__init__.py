"""What a session begins with: what the operator chose, and what is offered to choose from."""
