"""Handing a session on adds no sync and no wait: whatever the other end does, events are recorded as when alone."""

import threading
import time
from pathlib import Path

import pytest

from tests.execution.conftest import host as host
from tests.execution.conftest import workspace as workspace
from tests.support.sessions.shared_session import begun, session_of
from tui.execution.workspace import Workspace
from tui.session.clock import SystemClock
from tui.session.events import Entry, NoteAdded
from tui.sharing.handed_on import Beat, KeyFrame, OwnLine
from tui.sharing.publishing.publication import Publication

ROOT = Path(__file__).parents[3] / "tui" / "sharing"
HEARD = 20_000


class Hanging:
    """A sink that takes nothing, and does not say so, until it is let."""

    where, every = "a place that hangs", 0.5

    def __init__(self) -> None:
        self.asked, self.let = threading.Event(), threading.Event()

    def begin(self, text: bytes, own: OwnLine) -> int:
        self.asked.set()
        self.let.wait()
        return 0

    def lines(self, first: int, lines: list[bytes]) -> None: ...
    def held(self, attempts: list[int]) -> dict[int, int]:
        return {}

    def files(self) -> frozenset[str]:
        return frozenset()

    def output(self, attempt: int, offset: int, data: bytes) -> None: ...
    def frame(self, frame: KeyFrame) -> None: ...
    def beat(self, beat: Beat) -> None: ...
    def followers(self) -> int | None:
        return None

    def messages(self) -> list[bytes]:
        return []

    def close(self) -> None: ...


def test_a_place_that_hangs_holds_up_nothing(workspace: Workspace, pytestconfig: pytest.Config) -> None:
    from tests.support.hostile import faults_told

    conductor, sink = begun(workspace), Hanging()
    made = Publication(conductor, workspace.store.find(session_of(conductor)), [sink], SystemClock())
    assert sink.asked.wait()
    conductor.start("look")
    conductor.wait()
    assert conductor.state.attempts
    entry = Entry(0, SystemClock().now(), 0.0, NoteAdded(text="x", operator="ana"))
    listeners = conductor.recorder._listeners
    began = time.thread_time()
    for _ in range(HEARD):
        for listener in listeners:
            listener(entry, conductor.state)
    each = (time.thread_time() - began) / HEARD
    faults_told.kept(pytestconfig).lines.append(f"handing on adds {each * 1e6:.1f} µs to an event, and no sync")
    assert each < 0.0005
    sink.let.set()
    made.close()
    conductor.close()


def test_no_part_of_handing_on_syncs_a_disk() -> None:
    parts = [*(ROOT / "publishing").glob("*.py"), *(ROOT / "relay").glob("*.py"), *(ROOT / "stored").glob("*.py")]
    assert len(parts) > 10
    for path in parts:
        text = path.read_text(encoding="utf-8")
        for word in ("fsync(", "fdatasync(", "Disk(", "write_new(", "write_mask(", "recorder.lock"):
            assert word not in text, f"{path}: {word}"
