"""Scenarios that a known trouble's solution fixes: it is recognised, a wrong one does not help, the right one does."""

from collections.abc import Callable

import pytest

from tests.drill.test_calm_covers_runbook import go, runbook
from tests.drill.troubles.test_trouble_rollback import Rehearsal, do, likely, rehearse
from tui.drill.debrief import debrief
from tui.session.journal.journal import read
from tui.session.state import StepStatus
from tui.session.views.symptoms import Subject, matching

__all__ = ["rehearse"]


def test_an_old_process_that_holds_the_port_is_found_and_ended(rehearse: Callable[..., Rehearsal]) -> None:
    night = rehearse("application-not-starting", "b")
    go(night.conductor, night.hosts)
    night.faults.look()
    night.conductor.reopen("verify-http", "look again")
    assert do(night, "verify-http") is StepStatus.FAILED
    found = likely(night, "verify-http")
    assert found[0].issue.id == "not-starting"

    assert do(night, "not-starting-journal") is StepStatus.SIGNED
    journal = (night.directory.attempts / f"{max(night.conductor.state.attempts):04d}.out").read_text()
    assert "Connection in use" in journal
    assert do(night, "import-error-check") is StepStatus.SIGNED  # the wrong solution: nothing is wrong there
    assert do(night, "port-in-use-restart") is StepStatus.FAILED  # starting it again alone does not help
    assert night.world.facts["gunicorn"] == "down"

    assert do(night, "port-in-use-find", "4711") is StepStatus.SIGNED
    assert do(night, "port-in-use-kill") is StepStatus.SIGNED
    assert night.world.facts["port"] == "free"
    night.conductor.retry("port-in-use-restart")
    night.conductor.wait()
    assert night.world.facts["gunicorn"] == "up"
    night.conductor.retry("verify-http")
    night.conductor.wait()
    assert night.conductor.state.step("verify-http").settled is not None

    (story,) = debrief(night.conductor.state, tuple(read(night.directory.journal)), night.scenario).stories
    assert story.first == "a check failed"
    assert story.recovered is not None


@pytest.mark.parametrize(
    ("service", "said", "issue"),
    [
        ("site", "failed: HTTP 502 over HTTP/2 in 12 ms, 157 B\n", "not-starting"),
        ("site", "failed: HTTP 500 over HTTP/2 in 31 ms, 145 B\n", "high-error-rate"),
        (
            "workers_b",
            "failed: no worker answers → do the workers run, and do they reach the broker?\n",
            "celery-stuck",
        ),
        ("cache", "failed: 127.0.0.1 refuses connections on port 6379 → is it running?\n", "celery-stuck"),
        ("database", "failed: 127.0.0.1 refuses connections on port 3306 → is it running?\n", "not-starting"),
        ("server", "failed: gunicorn is inactive (dead)\n", "not-starting"),
        ("site", "failed: site does not answer within 20 s → look at it from its own host\n", "slow"),
        ("site", "failed: HTTP 504 over HTTP/2 in 60004 ms, 167 B\n", "slow"),
    ],
)
def test_what_a_probe_of_the_site_says_is_recognised_as_what_curl_says_was(service: str, said: str, issue: str) -> None:
    assert matching(runbook(), said, Subject(service=service))[0].issue.id == issue


def test_workers_that_do_not_answer_are_started_again_and_an_empty_queue_is_no_help(
    rehearse: Callable[..., Rehearsal],
) -> None:
    night = rehearse("celery-stuck", "b")
    go(night.conductor, night.hosts)
    night.faults.look()
    night.conductor.reopen("verify-celery-b", "look again")
    assert do(night, "verify-celery-b") is StepStatus.FAILED
    found = likely(night, "verify-celery-b")
    assert found[0].issue.id == "celery-stuck"

    assert do(night, "celery-stuck-workers") is StepStatus.SIGNED
    assert do(night, "check-redis-connection-ping") is StepStatus.SIGNED  # the wrong solution: the broker is healthy
    assert (
        do(night, "purge-queue-run") is StepStatus.SIGNED
    )  # the dangerous one: every task is lost, and nothing gained
    night.conductor.retry("verify-celery-b")
    night.conductor.wait()
    assert night.conductor.state.step("verify-celery-b").status is StepStatus.FAILED

    assert do(night, "restart-celery-run") is StepStatus.SIGNED
    assert night.world.facts["workers"] == "well"
    night.conductor.retry("verify-celery-b")
    night.conductor.wait()
    assert night.conductor.state.step("verify-celery-b").settled is not None
    (story,) = debrief(night.conductor.state, tuple(read(night.directory.journal)), night.scenario).stories
    assert story.vain == ("Purge the task queue",)
    assert story.recovered is not None
