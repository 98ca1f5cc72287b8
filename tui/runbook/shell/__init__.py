"""Shell commands taken apart: where a value may stand, what only reads, what is dangerous."""
