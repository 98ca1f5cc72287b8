"""runbook: a terminal assistant for the on-call engineer who deploys and rolls back production."""

__version__ = "0.1.0"
