"""Goes through what a person should look at in an imported runbook."""
