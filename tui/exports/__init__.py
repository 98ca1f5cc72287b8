"""Sessions written for people and programs."""
