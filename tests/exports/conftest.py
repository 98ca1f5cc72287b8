"""Fixtures of the tests of the exports."""

from tests.support.chromium import chromium
from tests.support.small_session import small_session

__all__ = ["chromium", "small_session"]
