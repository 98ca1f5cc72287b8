"""What a second person allows before a step starts: what would run, and their answer to the question."""
