"""Fixtures that several folders of tests share."""

import gc
import os
import re
import signal
from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.support.harness import forked_hosts, hung, program
from tests.support.harness.examples import few_examples
from tests.support.hostile import faults_told
from tests.support.runbooks.bundled_runbook import read_once, scenario_once, whole_once
from tests.support.servers.sshd import Sshd
from tui.__main__ import GARBAGE
from tui.drill import embedded_host, scenario_files
from tui.runbook.reading import load

_NUMBERS: defaultdict[str, "count[int]"] = defaultdict(count)


def pytest_configure(config: pytest.Config) -> None:
    """Have the fault harness speak at the end of a run, in the process that speaks.

    Garbage is collected as seldom as in the program: Python's own pace is a tenth of the time of the screens' tests.
    The bundled runbook and each scenario are read once, the hosts of drills are forks of one process, and Hypothesis
    tries a part of its examples.
    """
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:  # as in the background: what the tests start would ignore it too
            signal.signal(number, signal.default_int_handler if number is signal.SIGINT else signal.SIG_DFL)
    config.pluginmanager.register(faults_told)
    config.pluginmanager.register(hung)
    gc.set_threshold(GARBAGE)
    load.load_whole, load.read_whole = read_once, whole_once
    scenario_files.load_scenario = scenario_once
    embedded_host.begun = forked_hosts.begun
    few_examples()


def pytest_collection_finish() -> None:
    """Leave what was made up to now out of the search for garbage: it is needed to the end."""
    gc.freeze()


def pytest_unconfigure() -> None:
    """Look for garbage once at the end, and leave nothing to go through: pytest then looks five times, for a second.

    What went wrong in something that is let go here, pytest still tells.
    """
    forked_hosts.ended()
    program.ended()
    gc.collect()
    gc.freeze()


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the test's own, called as pytest's: that one looks through all there are for the next number."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    place = tmp_path_factory.getbasetemp() / f"{name}{next(_NUMBERS[name])}"
    place.mkdir(mode=0o700)
    return place


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A real sshd that the whole run shares; a test that harms one makes its own."""
    server = Sshd(tmp_path_factory.mktemp("sshd") / "shared")
    yield server
    server.stop()


@pytest.fixture(scope="session", autouse=True)
def away(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iterator[Path]]:
    """A place for each test that has nothing of the user's, and nothing of another test."""
    place = tmp_path_factory.mktemp("away")
    before = dict(os.environ)
    os.environ.pop("RUNBOOK_SESSIONS", None)
    os.environ |= user_has(place / "all")
    yield (place / str(number) for number in count())
    os.environ.clear()
    os.environ.update(before)


def user_has(place: Path) -> dict[str, str]:
    """The variables that say where a user has sessions, settings and what can be made again."""
    return {f"XDG_{name.upper()}_HOME": str(place / name) for name in ("state", "config", "cache")}


@pytest.fixture(autouse=True)
def nothing_left_behind(away: Iterator[Path]) -> Iterator[None]:
    """A test leaves the process's environment and folder as they were: the next one may depend on them."""
    os.environ |= user_has(next(away))
    before = dict(os.environ), Path.cwd()
    yield
    after = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    before[0].pop("PYTEST_CURRENT_TEST", None)
    assert (after, Path.cwd()) == before, "this test changed the environment or the folder of the process"
