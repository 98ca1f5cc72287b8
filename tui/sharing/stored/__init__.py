"""The team's bucket as the place where sessions are handed on to, and followed from where there is no relay."""
