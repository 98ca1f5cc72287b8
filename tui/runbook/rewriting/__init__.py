"""Writes a runbook's file again, in a form that says the same."""
