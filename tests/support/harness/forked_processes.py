"""Runs the tests in several processes, each a fork of the one that has collected them: that is done once, not in each.

A process takes the tests of a file, and then those of the next file that nobody has yet. Other plugins know these
processes as they know those of pytest-xdist: by `workerinput`, and by variables of the environment.
Loaded by `make test` alone, which says how many there are.
"""

import os
import random
import sys
import warnings
from collections import deque
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any, cast

import pytest
from msgspec import Struct, field

from tests.support.harness import program
from tests.support.harness.examples import letters
from tests.support.harness.longest_first import share_of

VARIABLE, COUNT = "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"
Warned = tuple[str, type[Warning], str, int, Any, str, Any]


class Hooks:
    """What is called beside pytest's own hooks."""

    @pytest.hookspec
    def pytest_process_ended(self, config: pytest.Config, told: dict[str, Any]) -> None:
        """One of the processes has run all its tests; `told` is its `config.workeroutput`."""


class Said(Struct):
    """What a process says when it asks for another test: how one ended, and at last that the process has ended."""

    reports: list[dict[str, Any]] = field(default_factory=list)
    warned: list[Warned] = field(default_factory=list)
    output: dict[str, Any] | None = None


class Process(Struct, eq=False):
    """One of the processes, as the one that began it sees it; tests are their places among all."""

    pid: int
    ends: int
    """The descriptor at which its end is seen."""
    pipe: Connection
    given: deque[int] = field(default_factory=deque)
    """The test that it runs, and the one after that: what both need stays in between."""
    share: deque[int] = field(default_factory=deque)
    """What it gets before another file."""
    done: bool = False


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--processes", type=int, default=1, help="how many processes run the tests")


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(Hooks)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run the tests, in place of pytest's own loop; in each process, what it is given."""
    number = session.config.option.processes
    if number < 2 or session.testsfailed or session.config.option.collectonly:
        return None
    os.environ[COUNT] = str(number)
    cast("Any", session.config)._tmp_path_factory.getbasetemp()  # the folder in which each has its own
    program.begin_to_fork()
    letters()  # each process would begin with that
    sharing = Sharing(session)
    pipe = sharing.begin(number)
    if pipe is None:
        pipe = sharing.wait()
    if pipe is not None:
        Worker(session, pipe).run()
    elif session.shouldfail:
        raise session.Failed(session.shouldfail)
    elif session.shouldstop:
        raise session.Interrupted(session.shouldstop)
    return True


class Sharing:
    """Gives the tests to the processes, and tells pytest how they ended."""

    def __init__(self, session: pytest.Session) -> None:
        self._session, self._hook = session, session.config.hook
        files: dict[str, deque[int]] = {}
        for place, item in enumerate(session.items):
            files.setdefault(share_of(item.nodeid), deque()).append(place)
        self._files = deque(files.values())
        self._processes: list[Process] = []

    def begin(self, number: int, share: deque[int] | None = None) -> Connection | None:
        """Begin this number of processes; in each of them, the pipe by which it asks."""
        for _ in range(number):
            ours, theirs = Pipe()
            self._session.config.get_terminal_writer().flush()  # what is not written yet would be written by each
            for stream in (sys.stdout, sys.__stdout__, sys.stderr, sys.__stderr__):
                if stream is not None:
                    stream.flush()
            pid = os.fork()
            if pid == 0:
                ours.close()
                for one in self._processes:
                    one.pipe.close()
                    os.close(one.ends)
                return theirs
            theirs.close()
            self._processes.append(Process(pid, os.pidfd_open(pid), ours, share=share or deque()))
        return None

    def wait(self) -> Connection | None:
        """Give until nothing is left and all have ended; in a process that takes the place of another, its pipe."""
        try:
            return self._until_all_ended()
        except BaseException:
            self._end()
            raise

    def _end(self) -> None:
        """Nobody gives any more: each process ends after the test that it runs, and is waited for."""
        for one in self._processes:
            one.pipe.close()
        for one in self._processes:
            os.waitpid(one.pid, 0)
            os.close(one.ends)

    def _until_all_ended(self) -> Connection | None:
        while self._processes:
            ready = wait([end for one in self._processes for end in (one.pipe, one.ends)])
            for process in [one for one in self._processes if one.pipe in ready or one.ends in ready]:
                with suppress(EOFError, ConnectionResetError):
                    while process.pipe.poll():
                        self._heard(process, process.pipe.recv())
                if process.ends in ready and (pipe := self._gone(process)):
                    return pipe
        return None

    def _heard(self, process: Process, said: Said) -> None:
        for text, kind, file, line, when, nodeid, location in said.warned:
            warning = warnings.WarningMessage(text, kind, file, line)
            self._hook.pytest_warning_recorded.call_historic(
                kwargs={"warning_message": warning, "nodeid": nodeid, "when": when, "location": location}
            )
        if said.reports:
            self._tell(process.given.popleft(), said.reports)
        if said.output is not None:
            process.done = True
            self._hook.pytest_process_ended(config=self._session.config, told=said.output)
            return
        following = self._next(process)
        if following is not None:
            process.given.append(following)
        with suppress(BrokenPipeError):
            process.pipe.send(following)

    def _next(self, process: Process) -> int | None:
        if self._session.shouldfail or self._session.shouldstop:
            return None
        if not process.share and self._files:
            process.share = self._files.popleft()
        return process.share.popleft() if process.share else None

    def _tell(self, place: int, reports: list[dict[str, Any]]) -> None:
        item = self._session.items[place]
        self._hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for data in reports:
            report = self._hook.pytest_report_from_serializable(config=self._session.config, data=data)
            self._hook.pytest_runtest_logreport(report=report)
        self._hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)

    def _gone(self, process: Process) -> Connection | None:
        """A process has ended: where it had tests left, the one it ran has failed, and another one runs the rest."""
        _, status = os.waitpid(process.pid, 0)
        process.pipe.close()
        os.close(process.ends)
        self._processes.remove(process)
        if process.done:
            return None
        how = f"the process that ran it ended: {os.waitstatus_to_exitcode(status)}"
        if not process.given:
            raise RuntimeError(f"between two tests, {how}")
        item = self._session.items[process.given.popleft()]
        report = pytest.TestReport(item.nodeid, item.location, {}, "failed", how, "call")
        self._hook.pytest_runtest_logreport(report=report)
        return self.begin(1, process.given + process.share)


class Silent:
    """Stands where pytest looks for the one that tells: only its writer is asked, for colours."""

    def __init__(self, writer: Any) -> None:
        self._tw = writer


class Worker:
    """Runs the tests that this process is given."""

    def __init__(self, session: pytest.Session, pipe: Connection) -> None:
        self._session, self._pipe, self._said = session, pipe, Said()
        config = cast("Any", session.config)
        config.workerinput, config.workeroutput = {}, {}
        os.environ[VARIABLE] = f"process{os.getpid()}"
        random.seed()
        plugins = session.config.pluginmanager
        terminal = cast("Any", plugins.unregister(name="terminalreporter"))  # the one that began this process tells
        plugins.register(Silent(terminal._tw), "terminalreporter")
        capture = cast("Any", plugins.getplugin("capturemanager"))  # its files would be those of all processes
        capture.stop_global_capturing()
        capture.start_global_capturing()
        capture.suspend_global_capture()
        folders = config._tmp_path_factory
        folders._basetemp = folders.mktemp(os.environ[VARIABLE], numbered=False)
        plugins.register(self)
        self._said = Said()  # pytest repeats what was told of warnings before

    def run(self) -> None:
        """Run them; which test follows says what is torn down."""
        items, following = self._session.items, self._another()
        while following is not None:
            this, following = following, self._another()
            item, after = items[this], None if following is None else items[following]
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)

    def _another(self) -> int | None:
        with suppress(BrokenPipeError, EOFError, ConnectionResetError):  # nobody gives any more
            self._say()
            return cast("int | None", self._pipe.recv())
        return None

    def _say(self) -> None:
        said, self._said = self._said, Said()
        self._pipe.send(said)

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        config = self._session.config
        self._said.reports.append(config.hook.pytest_report_to_serializable(config=config, report=report))

    @pytest.hookimpl
    def pytest_warning_recorded(
        self, warning_message: warnings.WarningMessage, when: str, nodeid: str, location: Any
    ) -> None:
        told = warning_message
        warned = (str(told.message), told.category, told.filename, told.lineno, when, nodeid, location)
        self._said.warned.append(warned)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self) -> Any:
        result = yield
        self._said.output = cast("Any", self._session.config).workeroutput
        with suppress(BrokenPipeError):
            self._say()
        return result
