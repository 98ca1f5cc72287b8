"""A runbook in words: its expectations, its probes, all of it."""
