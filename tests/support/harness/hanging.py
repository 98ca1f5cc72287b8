"""Says which processes ran when a test took too long: what it waited for is one of them.

Loaded by `make test`.
"""

import os
import subprocess
from collections.abc import Generator

import pytest

PS = ("ps", "axfww", "-o", "etimes,pid,ppid,pgid,stat,wchan:20,args")
LONGEST = 300
"""Characters of a process's line."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the processes younger than this one to the report of a test that pytest-timeout has ended."""
    report = yield
    if call.excinfo is not None and "pytest-timeout" in str(call.excinfo.value):
        report.sections.append(("processes", "\n".join(younger())))
    return report


def younger() -> list[str]:
    """A line for each process that began after this one, and for this one."""
    said = subprocess.run(PS, capture_output=True, text=True, errors="replace", check=True).stdout
    head, *lines = (line[:LONGEST] for line in said.splitlines())
    [own] = (int(line.split()[0]) for line in lines if line.split()[1] == str(os.getpid()))
    return [head, *(line for line in lines if int(line.split()[0]) <= own)]
