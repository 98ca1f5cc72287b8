"""A rehearsal host that answers from a scenario and executes nothing."""
