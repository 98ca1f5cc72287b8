"""The operator's terminal, given to a program elsewhere."""
