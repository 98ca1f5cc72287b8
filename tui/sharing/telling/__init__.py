"""Tells people elsewhere what happens in a session, by the services that they use."""
