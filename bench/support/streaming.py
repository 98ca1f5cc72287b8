"""The run screen on a terminal, its first step printing a number of MB a second until it is stopped."""

import gc
import itertools
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.support.machines.fake_transport import FakeTransport
from tests.support.runbooks.runbooks import one_section
from tui.__main__ import GARBAGE
from tui.app import RunbookApp
from tui.execution.conductor.conductor import Conductor
from tui.execution.there import LOOKS
from tui.execution.workspace import Setup, Workspace
from tui.runbook.reading.load import load
from tui.session.archive.store import SessionDirectory, Store
from tui.session.clock import SystemClock
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import CancelToken, Command, OutputSink, Stream

STEPS = 40
CHUNK = 65536
LINE = b"2026-11-24 02:14:07 INFO  migration 0042 applied to table notes in 12.3 ms, 118 rows\n"
RUNBOOK = one_section(
    "".join(
        f"""
[[sections.steps]]
id = "step-{number:03d}"
title = "Step {number}"
text = "marker-{number:03d}-"
budget = "10m"
[[sections.steps.actions]]
run = "stream"
timeout = "1h"
"""
        for number in range(STEPS)
    ),
    "web",
)


class Streaming(FakeTransport):
    """Prints lines at `rate` bytes a second until it is cancelled."""

    def __init__(self, rate: float) -> None:
        super().__init__(name="web")
        self.rate = rate

    def run(self, command: Command, sink: OutputSink, cancel: CancelToken) -> Outcome:
        if command.script.startswith(LOOKS):  # the preflight's own, which ends
            return super().run(command, sink, cancel)
        text = (LINE * (CHUNK // len(LINE) + 2)) * 2
        began, sent = time.monotonic(), 0
        for number in itertools.count():
            if cancel.cancelled:
                return Outcome(OutcomeKind.CANCELLED)
            at = number * CHUNK % len(LINE)
            if self.rate:
                sink(Stream.OUT, text[at : at + CHUNK])
                sent += CHUNK
            early = began + sent / self.rate - time.monotonic() if self.rate else 0.05
            if early > 0:
                time.sleep(early)
        raise AssertionError


def handed_on(workspace: Workspace, port: int) -> None:
    """Hand its sessions on to a Redis server on this machine."""
    from tui.sharing.publishing.publication import Publication
    from tui.sharing.relay.client import Relay, RelayAddress
    from tui.sharing.relay.relay_sink import RelaySink
    from tui.sharing.seals import Seals

    def opened(conductor: Conductor, directory: SessionDirectory) -> None:
        relay = Relay(RelayAddress("127.0.0.1", port), os.environ["BENCH_PASSWORD"])
        sinks = [RelaySink(relay, Seals(os.environ["BENCH_KEY"], directory.id))]
        conductor.shared = Publication(conductor, directory, sinks, workspace.clock)

    workspace.opened = opened


def main(rate: float, port: int = 0) -> None:
    gc.set_threshold(GARBAGE)  # as the command does
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runbook.toml"
        path.write_text(RUNBOOK, encoding="utf-8")
        transport = Streaming(rate)
        store = Store(Path(folder) / "sessions")
        workspace = Workspace(load(path), RUNBOOK, store, {"web": transport}, SystemClock())
        workspace.begin(Setup(flow="deploy", operator="ana")).close()
        if port:
            handed_on(workspace, port)
        RunbookApp(workspace, session=store.names()[-1], operator="ana").run()


if __name__ == "__main__":
    main(float(sys.argv[1]) * 1e6, *map(int, sys.argv[2:]))
