"""Keeps what libraries log away from the terminal: it repeats what a host said, and nobody asked for it."""

import logging


def silence() -> None:
    """Give the log of every library somewhere to go: Python writes a warning that has nowhere to standard error."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.NullHandler())
