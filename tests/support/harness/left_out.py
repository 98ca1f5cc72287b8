"""Leaves out the tests whose programs `make test` could not get, and ends the run by saying loudly which.

Loaded by `make test` alone: under a bare pytest a missing server is a failure, not an omission. Where several processes
run the tests, the one that started them speaks for them.
"""

import os
from collections import Counter
from typing import Any

import pytest

VARIABLE = "RUNBOOK_TESTS_WITHOUT"
FIXTURES = {
    "sshd": ("sshd", "ssh"),
    "tmux": ("tmux",),
    "mariadb": ("mariadbd",),
    "postgres": ("postgres",),
    "redis_server": ("redis-server",),
    "open_redis": ("redis-server",),
}
"""The programs that asking for a fixture of this name needs."""

left_out: Counter[tuple[str, str]] = Counter()


def needed(item: pytest.Item) -> set[str]:
    """The programs one test needs: by its fixtures, and by its `needs` markers."""
    programs = {program for mark in item.iter_markers("needs") for program in mark.args}
    for fixture in getattr(item, "fixturenames", ()):
        programs.update(FIXTURES.get(fixture, ()))
    return programs


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    missing = set(os.environ.get(VARIABLE, "").split())
    kept, dropped = [], []
    for item in items:
        lacking = needed(item) & missing
        (dropped if lacking else kept).append(item)
        if lacking:
            left_out[item.nodeid.partition("::")[0], " ".join(sorted(lacking))] += 1
    if dropped:
        items[:] = kept
        config.hook.pytest_deselected(items=dropped)


def pytest_sessionfinish(session: pytest.Session) -> None:
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told[__name__] = [[module, programs, count] for (module, programs), count in left_out.items()]


@pytest.hookimpl(optionalhook=True)
def pytest_process_ended(told: dict[str, Any]) -> None:
    for module, programs, count in told.get(__name__, []):
        left_out[module, programs] = count


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    missing = os.environ.get(VARIABLE, "").split()
    if not missing:
        return
    terminalreporter.section("LEFT OUT", sep="!", red=True, bold=True)
    terminalreporter.write_line(f"This machine has no {', '.join(missing)}, and they could not be installed.")
    for (module, programs), count in sorted(left_out.items()):
        terminalreporter.write_line(f"  {module}: {count} tests not run for want of {programs}")
    total = sum(left_out.values())
    if total:
        terminalreporter.write_line(f"{total} tests were NOT RUN. Install the programs, then run make test again.")
    else:
        terminalreporter.write_line("No test of this run needed them.")
