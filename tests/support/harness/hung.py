"""Ends a test that hangs: its time-out is raised again until the test has ended, and at last the process ends.

pytest-timeout raises once. What is raised while asyncio calls something is told to nobody: the loop, which is the
test's application, is running as before.
"""

import faulthandler
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
import pytest_timeout

AGAIN = 1.0
"""Seconds until it is raised again."""
AT_LAST = 60.0
"""Seconds in which a test has to end after its time-out; then the process ends, with where each thread is."""
_raised = pytest.StashKey[int]()
_runs = pytest.StashKey[bool]()
_told = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_told] = os.dup(sys.__stderr__.fileno() if sys.__stderr__ else 2)  # what is captured is not seen


def pytest_unconfigure(config: pytest.Config) -> None:
    os.close(config.stash[_told])


@pytest.hookimpl
def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> bool:
    """Begin the time of a test, in place of pytest-timeout."""

    def raised(number: int, frame: FrameType | None) -> None:
        __tracebackhide__ = True
        if not item.stash.get(_runs, False):
            return  # its report is being made
        item.stash[_raised] = item.stash.get(_raised, 0) + 1
        if item.stash[_raised] == 1:
            pytest_timeout.timeout_sigalrm(item, settings)
        pytest.fail(f"Timeout (>{settings.timeout}s), raised again: {item.stash[_raised]}")

    def ended() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        faulthandler.cancel_dump_traceback_later()

    item.cancel_timeout = ended  # type: ignore[attr-defined]  # where pytest-timeout looks for it
    signal.signal(signal.SIGALRM, raised)
    faulthandler.dump_traceback_later(settings.timeout + AT_LAST, exit=True, file=item.config.stash[_told])
    signal.setitimer(signal.ITIMER_REAL, settings.timeout, AGAIN)
    return True


@contextmanager
def running(item: pytest.Item) -> Iterator[None]:
    """Its time-out is raised in what the test does, and not in what pytest does about it."""
    item.stash[_runs] = True
    try:
        yield
    finally:
        item.stash[_runs] = False


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    with running(item):
        yield


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A test whose time-out was told to nobody has failed too."""
    with running(item):
        yield
    if item.stash.get(_raised, 0):
        pytest.fail("it ended after its time-out, which was swallowed")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    with running(item):
        yield
