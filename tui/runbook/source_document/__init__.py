"""The document that a runbook was made from, and whether it still says the same."""
