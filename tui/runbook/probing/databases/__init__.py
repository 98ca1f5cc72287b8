"""The databases that probes ask: what each may be told and what it finds."""
