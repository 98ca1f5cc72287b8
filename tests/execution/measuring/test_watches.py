"""A step that watches a monitor judges what was measured since, and waits for what is missing."""

from tests.support.harness.waiting import until
from tests.support.machines.fake_transport import Reply
from tests.support.runbooks.monitored import ERRORS, WATCH, Monitored
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import StepStatus, step_by_id
from tui.session.views.doubts import hosts_of


def test_a_watch_counts_what_came_since_and_waits_for_the_rest(monitored: Monitored) -> None:
    conductor = monitored.begin(steps=WATCH.replace("TIMEOUT", "1h"))
    until(lambda: monitored.values() == [0.5])
    monitored.clock.advance(1)
    conductor.start("look")
    conductor.wait()
    for reply in (b"1%\n", b"2%\n"):
        monitored.host.replies["count errors"] = Reply(reply)
        monitored.next()
    conductor.start("watch")
    monitored.host.replies["count errors"] = Reply(b"3%\n")
    monitored.next()
    conductor.wait()
    assert monitored.state.step("watch").status is StepStatus.SIGNED
    text = (conductor.executor.directory / "0002.out").read_text()
    assert [line.split()[1:] for line in text.splitlines()] == [["1", "%"], ["2", "%"], ["3", "%"]]
    assert ("2 %", True) in [(check.came, check.ok) for check in monitored.state.step("watch").checks[0]]


def test_a_watch_whose_average_is_beyond_its_bound_fails(monitored: Monitored) -> None:
    conductor = monitored.begin(steps=WATCH.replace("TIMEOUT", "1h"))
    until(lambda: monitored.values())
    monitored.clock.advance(1)
    conductor.start("look")
    conductor.wait()
    monitored.host.replies["count errors"] = Reply(b"9%\n")
    for _ in range(3):
        monitored.next()
    conductor.start("watch")
    conductor.wait()
    assert monitored.state.step("watch").status is StepStatus.FAILED
    monitored.host.replies["count errors"] = Reply(b"1%\n")  # fixed: what was judged before does not count again
    conductor.retry("watch")
    for _ in range(3):
        monitored.next()
    conductor.wait()
    assert monitored.state.step("watch").status is StepStatus.SIGNED


def test_a_watch_without_samples_gives_up(monitored: Monitored) -> None:
    monitored.host.replies["count errors"] = Reply(b"", Outcome.exited(3), b"maintenance mode is on\n")
    conductor = monitored.begin(steps=WATCH.replace("TIMEOUT", "1s"))
    conductor.start("look")
    conductor.wait()
    conductor.start("watch")
    conductor.wait()
    assert monitored.ended(2) is OutcomeKind.TIMED_OUT


def test_a_watch_is_cancelled(monitored: Monitored) -> None:
    conductor = monitored.begin(steps=WATCH.replace("TIMEOUT", "1h"))
    conductor.start("look")
    conductor.wait()
    conductor.start("watch")
    until(lambda: 2 in monitored.state.attempts)
    conductor.cancel()
    conductor.wait()
    assert monitored.ended(2) is OutcomeKind.CANCELLED


def test_what_is_watched_is_a_fact_about_the_host_that_it_is_measured_on(monitored: Monitored) -> None:
    conductor = monitored.begin(steps=WATCH.replace("TIMEOUT", "1h"))
    assert hosts_of(conductor.runbook, step_by_id(conductor.runbook, "watch")) == {"web"}


def test_a_watch_whose_number_of_samples_is_not_known_is_not_started_and_says_why(monitored: Monitored) -> None:
    number = """
[variables.many]
prompt = "How many samples"
optional = true
ask = false
flows = ["another"]
[flows.another]
title = "Another"
kind = "rollback"
sections = ["all"]
"""
    steps = WATCH.replace("TIMEOUT", "1h").replace('samples = "3"', 'samples = "{{ many }}"')
    conductor = monitored.begin(ERRORS + number, steps)
    conductor.start("look")
    conductor.wait()
    conductor.start("watch")
    conductor.wait()
    attempt = monitored.state.attempts[2]
    assert attempt.command == "watch errors: (many: no value yet) samples since look"
    assert attempt.outcome is not None
    assert "many has no value yet" in attempt.outcome.detail
    assert monitored.state.step("watch").status is StepStatus.FAILED
    assert not conductor.busy
