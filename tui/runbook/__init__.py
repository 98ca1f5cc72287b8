"""The runbook as data: its model, how it is read and checked."""
