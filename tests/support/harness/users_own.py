"""Holds that no test writes to what the user has: sessions, settings, cache and keys are as they were at the end.

Loaded by `make test` alone: a person who uses the program meanwhile changes them too.
"""

from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest

States = dict[Path, tuple[int, int]]


def folders() -> list[Path]:
    """Where the program keeps something of a user, and OpenSSH."""
    found = [platformdirs.user_state_path, platformdirs.user_config_path, platformdirs.user_cache_path]
    return [Path.home() / ".ssh", *(one("runbook") for one in found)]


def states(folder: Path) -> States:
    """When each file was written, and how large it is; nothing of a file that goes meanwhile."""
    return dict(_each(folder))


def _each(folder: Path) -> Iterator[tuple[Path, tuple[int, int]]]:
    for path in (folder, *folder.rglob("*")):
        try:
            found = path.lstat()
        except OSError:
            continue
        yield path, (found.st_mtime_ns, found.st_size)


class Watcher:
    """Looks before the first test and after the last one."""

    def __init__(self) -> None:
        self._folders = folders()
        self._before = [states(one) for one in self._folders]
        self._touched: list[Path] = []

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        for folder, before in zip(self._folders, self._before, strict=True):
            now = states(folder)
            self._touched += sorted(path for path in before | now if before.get(path) != now.get(path))
        if self._touched and not session.exitstatus:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._touched:
            terminalreporter.section("a test, or another program, wrote to what is the user's own")
            terminalreporter.line("\n".join(map(str, self._touched)))


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.pluginmanager.register(Watcher())
