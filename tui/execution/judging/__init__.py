"""Whether what came is what the runbook expects."""
