"""Makes a runbook from what there is: a Markdown document, or the answers to a few questions."""
