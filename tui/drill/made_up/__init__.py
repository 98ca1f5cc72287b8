"""Answers that a drill makes up where its scenario has none: as the runbook expects them."""
