"""What a run without a screen waits for: commands, logins, a second person."""
