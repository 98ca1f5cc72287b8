"""Where a command runs: over SSH or on this machine."""
