"""Textual widgets that the screens share."""

from pathlib import Path

FOLDER = Path(__file__).parent
"""Where their styles are: a screen that inherits another one's needs whole paths."""
