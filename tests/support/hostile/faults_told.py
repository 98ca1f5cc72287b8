"""The lines in which the fault harness says at the end of a run what it made, whichever process made it."""

from typing import Any

import pytest

from tests.support.hostile.faults import VARIABLE, Faults

KEPT = pytest.StashKey[Faults]()


def kept(config: pytest.Config) -> Faults:
    """The counts of this run."""
    return config.stash.setdefault(KEPT, Faults())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send the lines to the process that started this one."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told[__name__] = kept(session.config).lines


@pytest.hookimpl(optionalhook=True)
def pytest_process_ended(config: pytest.Config, told: dict[str, Any]) -> None:
    """Take another process's lines."""
    kept(config).lines.extend(told.get(__name__, []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print them."""
    found = kept(config)
    if found.long or found.lines:
        form = "long" if found.long else f"short; {VARIABLE}=long for all of them"
        terminalreporter.section(f"faults ({form})")
        for line in found.lines or ["faults: 0: NO FAULT WAS MADE"]:
            terminalreporter.write_line(line)
