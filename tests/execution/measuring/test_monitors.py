"""Monitors measure beside the session: one at a time each, never in its way."""

import threading
from typing import Any

import pytest

from tests.support.harness.waiting import until
from tests.support.machines.fake_transport import Reply
from tests.support.runbooks.monitored import BAD, ERRORS, GOOD, TRIGGER, Monitored
from tui.errors import JournalUnwritable, TakenOver
from tui.execution.measuring.monitors import AT_ONCE
from tui.session import events as ev
from tui.session.archive.store import Store
from tui.session.folding.fold import fold
from tui.session.journal.journal import read
from tui.session.state import StepStatus


def test_every_so_often_on_the_monotonic_clock(monitored: Monitored) -> None:
    monitored.begin()
    until(lambda: monitored.values() == [0.5])
    monitored.host.replies["count errors"] = BAD
    monitored.clock.start = monitored.clock.start.replace(year=2030)  # somebody sets the clock
    assert monitored.next() == 40.0
    assert monitored.next() == 40.0
    assert monitored.measured() == 3


def test_none_is_measured_once_another_person_has_the_session(monitored: Monitored) -> None:
    conductor = monitored.begin()
    until(lambda: monitored.measured() == 1)
    conductor.holding.lose(TakenOver("this session was taken over by ben on desk"))
    until(lambda: not any(thread.name.startswith("monitors") for thread in threading.enumerate()))
    assert monitored.measured() == 1


def test_a_hanging_measurement_gets_no_second_and_holds_up_nothing(monitored: Monitored) -> None:
    never = threading.Event()
    monitored.host.replies["count errors"] = Reply(b"1%\n", until=never)
    conductor = monitored.begin(ERRORS + ERRORS.replace("monitors.errors", "monitors.other").replace("count", "see"))
    until(lambda: monitored.measured() == 1)
    for _ in range(5):
        monitored.next(name="other")
    assert monitored.measured() == 1
    conductor.start("look")
    conductor.wait()
    assert monitored.state.step("look").status is StepStatus.SIGNED
    conductor.close()
    assert monitored.values() == []


def test_only_a_number_of_them_at_once(monitored: Monitored) -> None:
    go, most, now, lock = threading.Event(), 0, 0, threading.Lock()
    names = [f"m{place}" for place in range(5)]

    def count(command: Any) -> None:
        nonlocal most, now
        if "count" not in command.script:
            return
        with lock:
            now += 1
            most = max(most, now)
        go.wait(10)
        with lock:
            now -= 1

    monitored.host.before_run = count
    monitored.begin("".join(ERRORS.replace("monitors.errors", f"monitors.{name}") for name in names))
    monitored.clock.advance(10)
    until(lambda: most == AT_ONCE)
    go.set()
    until(lambda: all(monitored.values(name) for name in names))
    assert most == AT_ONCE


def test_it_trips_is_journalled_and_starts_nothing(monitored: Monitored) -> None:
    monitored.host.replies["count errors"] = BAD
    monitored.begin(ERRORS + TRIGGER)
    until(lambda: monitored.values() == [40.0])
    assert monitored.state.triggers["errors"].armed
    monitored.next()
    assert not monitored.state.tripped
    monitored.next()
    until(lambda: monitored.state.tripped)
    assert monitored.state.rollback is None
    monitored.host.replies["count errors"] = GOOD
    monitored.next()
    until(lambda: not monitored.state.tripped)
    entries = list(read(Store(monitored.directory / "sessions").find("last").journal))
    told = [type(entry.event).__name__ for entry in entries if isinstance(entry.event, _TOLD)]
    assert told == ["TriggerArmed", "TriggerTripped", "TriggerCleared"]
    assert fold(monitored.conductor.runbook, entries) == monitored.state


_TOLD = (ev.TriggerArmed, ev.TriggerTripped, ev.TriggerCleared)


def test_a_drill_lives_faster(monitored: Monitored) -> None:
    monitored.host.replies["count errors"] = BAD
    monitored.begin(ERRORS + TRIGGER, speed=15.0)
    until(lambda: monitored.values() == [40.0])
    monitored.next(2.0)
    monitored.next(2.0)
    until(lambda: monitored.state.tripped)


@pytest.mark.parametrize(("environment", "measured"), [("staging", "there"), ("production", "here")])
def test_where_its_facts_do_not_hold_it_does_not_measure(monitored: Monitored, environment: str, measured: str) -> None:
    names = {"here": "production", "there": "staging"}
    monitors = [
        ERRORS.replace("monitors.errors", f"monitors.{name}") + f'when = {{ environment = "{of}" }}\n'
        for name, of in names.items()
    ]
    monitored.begin(
        "".join(monitors) + '[environments.staging]\nhosts.web = { target = "web" }\n', environment=environment
    )
    for _ in range(2):
        assert monitored.next(name=measured) == 0.5
    assert [name for name in names if monitored.values(name)] == [measured]


def test_a_finished_session_is_measured_no_more(monitored: Monitored) -> None:
    conductor = monitored.begin()
    until(lambda: monitored.values())
    conductor.finish("abandoned")
    monitored.host.replies["count errors"] = Reply(until=threading.Event())
    conductor.monitors._begin("errors", conductor.runbook.monitors["errors"])
    assert not conductor.monitors._under_way


def test_an_onlooker_measures_nothing(monitored: Monitored) -> None:
    monitored.begin()
    until(lambda: monitored.values())
    before = monitoring()
    onlooker = monitored.workspace.look_on("last", "ana")
    assert before == monitoring()
    onlooker.close()


def monitoring() -> int:
    """How many threads of this process measure."""
    return sum(thread.name == "monitors" for thread in threading.enumerate())


def test_a_journal_that_cannot_be_written_is_said_and_measuring_continues(
    monitored: Monitored, monkeypatch: pytest.MonkeyPatch
) -> None:
    conductor = monitored.begin()
    until(lambda: monitored.values())
    record = conductor.recorder.record
    refused = threading.Event()

    def full(event: ev.AnyEvent) -> None:
        if isinstance(event, ev.MonitorSampled) and not refused.is_set():
            refused.set()
            raise JournalUnwritable("the disk is full", "make room")
        record(event)

    monkeypatch.setattr(conductor.recorder, "record", full)
    monitored.clock.advance(30)
    until(lambda: refused.is_set() and conductor.trouble is not None)
    assert monitored.next() == 0.5
