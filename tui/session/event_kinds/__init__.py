"""Kinds of events that are a subject of their own; `session/events.py` names them all."""
