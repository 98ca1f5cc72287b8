"""The foot of the run screen."""
