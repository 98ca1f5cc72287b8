"""Each known trouble's solutions, tried on what they fix and on what they do not, in the scenarios' worlds."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.drill.test_calm_covers_runbook import go, runbook
from tests.drill.troubles.test_trouble_rollback import Rehearsal, do, likely, rehearse
from tui.drill.debrief import debrief
from tui.drill.faults import ask_for
from tui.runbook.walk import steps_of
from tui.session.journal.journal import read
from tui.session.state import StepStatus

__all__ = ["rehearse"]

SIGNED, FAILED = StepStatus.SIGNED, StepStatus.FAILED


class Try(NamedTuple):
    """A step that is done, with what it asks, and how it ends."""

    step: str
    answers: tuple[str, ...] = ()
    status: StepStatus = SIGNED


class Case(NamedTuple):
    """A trouble after the deployment: `notice` fails, `vain` helps nothing, `right` does, after `help`."""

    scenario: str
    fault: str
    notice: str
    issue: str
    vain: tuple[Try, ...]
    right: tuple[Try, ...]
    help: str = ""


RESTART = Try("port-in-use-restart")
CASES = [
    Case(
        "application-not-starting",
        "port-taken",
        "verify-http",
        "not-starting",
        (Try("import-error-check"), Try("port-in-use-restart", status=FAILED)),
        (Try("port-in-use-find", ("4711",)), Try("port-in-use-kill"), RESTART),
    ),
    Case(
        "application-not-starting",
        "package-missing",
        "verify-http",
        "not-starting",
        (Try("import-error-check", status=FAILED), Try("port-in-use-restart", status=FAILED)),
        (Try("b-dependencies"), Try("import-error-check"), RESTART),
    ),
    Case(
        "application-not-starting",
        "database-down",
        "verify-database-b",
        "not-starting",
        (Try("database-connection-test", status=FAILED), RESTART),
        (Try("database-connection-test"),),
        "database-back",
    ),
    Case(
        "migration-errors",
        "writes-fail",
        "verify-http",
        "migration-errors",
        (RESTART, Try("migration-errors-list")),
        (Try("reverse-migration-choose", ("coreapp", "0001_initial")), Try("reverse-migration-run")),
    ),
    Case(
        "migration-errors",
        "writes-fail",
        "verify-http",
        "migration-errors",
        (Try("fake-migration-choose", ("coreapp", "0001_initial")), Try("fake-migration-run")),
        (
            Try("fake-migration-choose", ("coreapp", "0002_prompt_tags")),
            Try("fake-migration-run"),
            Try("reverse-migration-choose", ("coreapp", "0001_initial")),
            Try("reverse-migration-run"),
        ),
    ),
    Case(
        "celery-stuck",
        "workers-deaf",
        "verify-celery-b",
        "celery-stuck",
        (Try("check-redis-connection-ping"), Try("purge-queue-run"), Try("celery-stuck-workers")),
        (Try("restart-celery-run"),),
    ),
    Case(
        "celery-stuck",
        "task-poisoned",
        "verify-celery-b",
        "celery-stuck",
        (Try("check-redis-connection-ping"), Try("restart-celery-run"), Try("worker-count-set", ("8",))),
        (Try("celery-stuck-journal"), Try("purge-queue-run")),
    ),
    Case(
        "celery-stuck",
        "workers-few",
        "verify-writes-b",
        "celery-stuck",
        (Try("purge-queue-run"), Try("restart-celery-run")),
        (Try("worker-count-set", ("8",)),),
    ),
    Case(
        "celery-stuck",
        "broker-down",
        "health-database-b",
        "celery-stuck",
        (Try("check-redis-connection-ping", status=FAILED), Try("restart-celery-run")),
        (Try("check-redis-connection-ping"),),
        "broker-back",
    ),
    Case(
        "high-error-rate",
        "connections-leak",
        "verify-api",
        "high-error-rate",
        (Try("resource-usage-look"), Try("external-apis-ask"), Try("restart-celery-run")),
        (Try("high-error-rate-log"), Try("check-the-database-load"), RESTART),
    ),
    Case(
        "high-error-rate",
        "root-disk-full",
        "verify-order-upload",
        "high-error-rate",
        (Try("check-the-database-load"), Try("resource-usage-look", status=FAILED), RESTART),
        (Try("resource-usage-look"),),
        "root-disk-freed",
    ),
    Case(
        "high-error-rate",
        "provider-down",
        "verify-error-rate",
        "high-error-rate",
        (Try("resource-usage-look"), Try("external-apis-ask", status=FAILED), RESTART),
        (Try("external-apis-ask"),),
        "provider-back",
    ),
    Case(
        "slow",
        "too-few-workers",
        "verify-response-times",
        "slow",
        (Try("redis-cache-test"), Try("optimize-database-analyze"), Try("gunicorn-workers-set", ("3",)), RESTART),
        (Try("slow-resources"), Try("gunicorn-workers-set", ("9",))),
    ),
    Case(
        "slow",
        "statistics-stale",
        "verify-response-times",
        "slow",
        (Try("redis-cache-test"), Try("gunicorn-workers-set", ("9",))),
        (Try("slow-queries"), Try("optimize-database-analyze")),
    ),
    Case(
        "slow",
        "cache-down",
        "verify-redis",
        "",
        (Try("redis-cache-test", status=FAILED), RESTART),
        (Try("redis-cache-test"),),
        "cache-back",
    ),
]


# A run tries the first fault of each trouble; `make test-drills` tries every one.
TRIED = (
    CASES if os.environ.get("RUNBOOK_DRILLS") == "long" else list({case.issue: case for case in CASES[::-1]}.values())
)


@pytest.mark.parametrize("case", TRIED, ids=lambda case: f"{case.fault}-{case.right[-1].step}")
def test_a_wrong_solution_does_not_help_and_the_right_one_does(case: Case, rehearse: Callable[..., Rehearsal]) -> None:
    night = rehearse(case.scenario, "b", case.fault)
    go(night.conductor, night.hosts)
    night.faults.look()
    assert list(night.conductor.state.faults) == [case.fault]
    notice = Try(case.notice)
    assert FAILED in (again(night, notice), again(night, notice))  # a monitor's sample may be from before
    found = likely(night, case.notice)
    assert not case.issue or case.issue in [match.issue.id for match in found], found
    for one in case.vain:
        assert again(night, one) is one.status, one.step
        assert again(night, notice) is FAILED, f"{one.step} was not in vain"
    if case.help:
        ask_for(night.directory, night.scenario, case.help, "ben")
        night.faults.look()
    for one in case.right:
        assert again(night, one) is one.status, one.step
    assert SIGNED in (again(night, notice), again(night, notice))
    (story,) = debrief(night.conductor.state, tuple(read(night.directory.journal)), night.scenario).stories
    assert story.noticed is not None
    assert story.recovered is not None
    steps = {step.id: step for _, step in steps_of(night.conductor.runbook)}
    wrong = {steps[one.step].title for one in case.vain if steps[one.step].mutates}
    assert wrong - {steps[case.right[-1].step].title} <= set(story.vain)


def again(night: Rehearsal, one: Try) -> StepStatus:
    """Do a step, whether it was done before or not."""
    state = night.conductor.state.step(one.step)
    if state.status in (StepStatus.SIGNED, StepStatus.FAILED):
        night.conductor.reopen(one.step, "once more")
    return do(night, one.step, *one.answers)


def test_every_solution_is_tried_where_it_helps_and_where_it_does_not() -> None:
    """So that the author of another solution is reminded; two scenarios have a test of their own next door."""
    elsewhere = (Path(__file__).parent / "test_trouble_rollback.py").read_text(encoding="utf-8")
    right = {one.step for case in CASES for one in case.right}
    vain = {one.step for case in CASES for one in case.vain}
    for issue in runbook().troubleshooting:
        for solution in issue.solutions:
            steps = {step.id for step in solution.steps if step.when.get("method", "b") == "b"}  # the nights here
            if not solution.forbidden:
                assert steps & right or all(f'"{step}"' in elsewhere for step in steps), solution.id
                assert steps & vain or all(f'"{step}"' in elsewhere for step in steps), solution.id
