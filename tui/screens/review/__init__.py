"""The review of an imported runbook."""
