"""Fixtures of the tests of the exports."""

from tests.support.screens.chromium import chromium
from tests.support.sessions.small_session import small_session

__all__ = ["chromium", "small_session"]
