"""`{{ name }}` in texts and commands: found, and filled in."""
