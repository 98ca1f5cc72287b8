"""The operator's own machine as a place where commands run."""
