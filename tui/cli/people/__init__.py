"""The commands of several people on one session."""
