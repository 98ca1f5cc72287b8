"""What changed between two versions of a runbook, in words."""
