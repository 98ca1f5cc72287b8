"""From every stop point of the bundled deployments, with every outcome, the computed rollback brings the host back."""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from tests.support.runbooks.bundled_runbook import bundled_runbook
from tests.support.runbooks.production_model import BACK, FORWARD, LOOKS, REASONS, World, after
from tui.runbook.model import Runbook, Step
from tui.session import events as ev
from tui.session.folding.fold import apply
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import AUTO, SessionState, StepStatus, initial
from tui.session.views.doubts import changed_after
from tui.session.views.replan import next_reopening
from tui.session.views.rollback import Need, look_wanted, not_needed, rollback_plan

LONG = os.environ.get("RUNBOOK_MODEL") == "long"
START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
BEFORE = World()
FACTS = {"previous_release": "v1.9.0", "reversal": "coreapp=0001_initial"}
DECISIONS = ("reverse", "restore", "leave")
"""What the operator may decide about the database."""
ENDINGS = (
    Outcome.exited(0),  # so far: nobody signed it
    Outcome.exited(1),
    Outcome(OutcomeKind.SIGNALLED, signal="SIGKILL"),
    Outcome(OutcomeKind.TIMED_OUT),
    Outcome(OutcomeKind.CANCELLED),
    Outcome(OutcomeKind.UNKNOWN),
    None,  # the program was killed while it ran
)


class Stop(NamedTuple):
    """Where a deployment ended: after `done` steps, in step `inside` (if any) which came so far, with this outcome."""

    method: str
    done: tuple[str, ...]
    inside: str = ""
    parts: int = 0
    outcome: Outcome | None = None
    skipped: str = ""
    migrations: str = "Planned"
    left_out: str = ""
    """A step that this deployment leaves out by its own `when`, by a value given at the start or captured (`how`)."""
    how: str = ""


class Play:
    """A session folded from events one at a time, and the model of production that they change."""

    def __init__(self, world: World = BEFORE, left_out: str = "") -> None:
        self.state: SessionState = initial(without(left_out))
        self.world = world
        self.did: list[str] = []

    def record(self, event: ev.AnyEvent) -> None:
        seq = self.state.seq + 1
        self.state = apply(self.state, ev.Entry(seq, START + timedelta(seconds=seq), float(seq), event))

    def attempt(self, step: str, outcome: Outcome | None, mutates: bool = True) -> None:
        number = max(self.state.attempts, default=0) + 1
        self.record(ev.StepOpened(step=step, operator="ana"))
        self.record(
            ev.AttemptStarted(attempt=number, step=step, action=0, host="production", command="x", mutates=mutates)
        )
        if outcome is not None:
            self.record(ev.AttemptFinished(attempt=number, outcome=outcome, seconds=1.0))
            if outcome.ended_by_itself:
                good = outcome.exit_status == 0
                self.record(ev.AttemptChecked(attempt=number, checks=(ev.Check("exit status 0", "", ok=good),)))

    def done(self, step: str) -> None:
        self.attempt(step, Outcome.exited(0))
        self.record(ev.StepSigned(step=step, operator="ana"))

    def back_to_the_end(self, database: str, trouble: str = "", happened: bool = False) -> None:
        """Roll back as an operator does, answering the looks from the model of production.

        Args:
            trouble: in this step the connection is lost once, and its effect `happened` or not.
        """
        for _ in range(200):
            step = self.state.next_step()
            if step is None:
                return
            reason = not_needed(self.state, step)
            if reason:
                self.record(ev.StepNotNeeded(step=step.id, reason=reason))
            elif look_wanted(self.state, step):
                needed = LOOKS[step.id](self.world)
                number = max(self.state.attempts, default=0) + 1
                self.record(
                    ev.AttemptStarted(attempt=number, step=step.id, action=-1, host="production", command="look")
                )
                self.record(ev.AttemptFinished(attempt=number, outcome=Outcome.exited(not needed), seconds=0.1))
                self.record(ev.StepLooked(step=step.id, attempt=number, needed=needed))
            elif step.id == trouble:
                self._in_trouble(step, happened)
                trouble = ""
            elif step.mutates:
                self.did.append(step.id)
                self.world = after(self.world, BACK[step.id], 9)
                self.done(step.id)
            else:
                self.answer(step, database)
            self.replan()
        raise AssertionError("the rollback does not come to an end")

    def answer(self, step: Step, database: str) -> None:
        """Do what a step asks that changes nothing: read the database's state, decide about it, look, sign."""
        if step.id == "rollback-state":
            assert self.world.database == "up"
            self.captured(step, "database_state", "half-made" if self.world.schema == "half" else "recorded")
        elif step.id in ("rollback-database", "rollback-database-half"):
            assert (step.id == "rollback-database-half") is (self.world.schema == "half")
            choices = step.actions[0].choices
            database = database if database in choices else "restore"  # reversing is not enough, nor offered
            self.record(ev.ValueCaptured(step=step.id, name="database_rollback", value=database))
        self.record(ev.StepSigned(step=step.id, operator="ana"))

    def captured(self, step: Step, name: str, value: str) -> None:
        """A value is taken from a step's output; a baseline stays, once a change after its step has begun."""
        (wanted,) = [action.capture[name] for action in step.actions if name in action.capture]
        if not (wanted.baseline and name in self.state.facts and changed_after(self.state, step)):
            self.record(ev.ValueCaptured(step=step.id, name=name, value=value))

    def replan(self) -> None:
        """Reopen what became wrong, as the conductor does."""
        while (wrong := next_reopening(self.state)) is not None:
            self.record(ev.StepReopened(step=wrong.step, operator=AUTO, reason=wrong.reason))

    def decide_again(self, database: str) -> None:
        """The operator changes the answer about the database, after the rollback has come to its end."""
        self.record(ev.StepReopened(step="rollback-database", operator="ana", reason="it is worse than that"))
        self.replan()
        self.back_to_the_end(database)

    def _in_trouble(self, step: Step, happened: bool) -> None:
        self.attempt(step.id, Outcome(OutcomeKind.UNKNOWN))
        if happened:
            self.world = after(self.world, BACK[step.id], 9)
            self.did.append(step.id)
        number = max(self.state.attempts)
        self.record(ev.OutcomeResolved(attempt=number, operator="ana", succeeded=happened, reason="looked"))
        if happened:
            self.record(ev.StepSigned(step=step.id, operator="ana"))


@cache
def runbook() -> Runbook:
    return bundled_runbook()


@cache
def without(left_out: str) -> Runbook:
    """The runbook, one of its steps done only where the fact "wanted" is yes."""

    def narrowed(step: Step) -> Step:
        return replace(step, when={**step.when, "wanted": "yes"}) if step.id == left_out else step

    whole = runbook()
    sections = tuple(replace(one, steps=tuple(map(narrowed, one.steps))) for one in whole.sections)
    return replace(whole, sections=sections) if left_out else whole


def changes(method: str) -> list[str]:
    """The deployment's steps that a rollback may have to undo, in order."""
    sections = runbook().flows["deploy"].sections
    steps = [step for name in sections for step in runbook().section(name).steps if step.mutates and step.undo]
    return [step.id for step in steps if step.id.startswith(f"{method}-")]


def stops(method: str) -> Iterator[Stop]:
    steps = changes(method)
    for place in range(len(steps) + 1):
        yield Stop(method, tuple(steps[:place]))
        yield Stop(method, tuple(steps[:place]), migrations="No planned")
    for place, step in enumerate(steps):
        done = tuple(steps[:place])
        for parts in range(len(FORWARD[step]) + 1):
            for outcome in ENDINGS:
                yield Stop(method, done, step, parts, outcome)
        yield Stop(method, done, step, 0, Outcome(OutcomeKind.UNREACHABLE))
        others = tuple(one for one in steps if one != step)
        yield Stop(method, others, skipped=step)
        for how in ("given", "captured"):
            yield Stop(method, others, left_out=step, how=how)
            yield Stop(method, (), left_out=step, how=how)


def world_at(stop: Stop) -> World:
    world = BEFORE
    for step in stop.done:
        if not (step.endswith("-migrate") and stop.migrations == "No planned"):
            world = after(world, FORWARD[step], 9)
    return after(world, FORWARD[stop.inside], stop.parts) if stop.inside else world


def deployed(stop: Stop) -> Play:
    """The session at a stop point."""
    play = Play(left_out=stop.left_out)
    given = {"wanted": "no"} if stop.how == "given" else {}
    play.record(
        ev.SessionStarted(
            session="s",
            flow="deploy",
            method=stop.method,
            operator="ana",
            title="",
            runbook_hash="",
            variables=given,
        )
    )
    if stop.how == "captured":
        play.record(ev.ValueCaptured(step="check-baseline", name="wanted", value="no"))
        play.record(ev.StepNotNeeded(step=stop.left_out, reason="wanted is no, not yes"))
    for name, value in {**FACTS, "migration_plan": stop.migrations}.items():
        play.record(ev.ValueCaptured(step="check-baseline", name=name, value=value))
    for step in stop.done:
        play.done(step)
    if stop.skipped:
        play.record(ev.StepSkipped(step=stop.skipped, operator="ana", reason="x"))
    if stop.inside:
        play.attempt(stop.inside, stop.outcome)
        running = play.state.running()
        if running is not None:  # taken up again: nobody knows
            outcome = Outcome(OutcomeKind.UNKNOWN)
            play.record(ev.AttemptFinished(attempt=running.number, outcome=outcome, seconds=0.0))
    play.world = world_at(stop)
    return play


def carried_out(database: str, at: World) -> str:
    """What is decided where the first wish is not offered: a half-made migration is not reversed."""
    return "restore" if database == "reverse" and at.schema == "half" else database


def brought_back(world: World, database: str, at: World, *, restored: bool) -> bool:
    """Whether the host is as it was; what the operator decided about the database decides its part."""
    wanted = BEFORE
    if database == "leave":
        wanted = wanted._replace(schema=at.schema)
    if restored:
        wanted = wanted._replace(data="restored")
    return world == wanted


def decided(method: str) -> Iterator[tuple[Stop, tuple[str, ...]]]:
    """Every stop point with what is decided about the database.

    `RUNBOOK_MODEL=long` decides each way at each stop point; the short form one way at each, in turn, so that each kind
    of ending and each step still meets every decision.
    """
    for turn, stop in enumerate(stops(method)):
        yield stop, DECISIONS if LONG else (DECISIONS[turn % len(DECISIONS)],)


@pytest.mark.parametrize("method", ["a", "b"])
def test_each_step_and_each_kind_of_ending_meets_every_decision(method: str) -> None:
    met: dict[object, set[str]] = {}
    for stop, decisions in decided(method):
        for kind in (("in", stop.inside), ("ended", stop.outcome), ("skips", bool(stop.skipped)), ("lacks", stop.how)):
            met.setdefault(kind, set()).update(decisions)
    assert [kind for kind, decisions in met.items() if decisions != set(DECISIONS)] == []


@pytest.mark.parametrize("method", ["a", "b"])
def test_every_stop_point_is_brought_back_by_exactly_what_is_needed(method: str) -> None:
    plans = points = 0
    for stop, decisions in decided(method):
        points += 1
        touched = {*stop.done, *([stop.inside] if stop.inside else [])}
        if stop.outcome is not None and stop.outcome.kind is OutcomeKind.UNREACHABLE:
            touched.discard(stop.inside)
        for database in decisions:
            play = deployed(stop)
            at = play.world
            play.record(ev.RollbackStarted(flow="rollback", operator="ana", reason="x"))
            plan = rollback_plan(play.state)
            other = {"a": "-b", "b": "-a"}[method]
            assert not [one for one in plan if one.step.id.endswith(other)], stop
            assert all(one.why for one in plan), stop
            if not touched:
                assert {one.need for one in plan} == {Need.NOT_NEEDED}, stop
            play.back_to_the_end(database)
            plans += 1
            taken = carried_out(database, at)
            restored = taken == "restore" and bool(REASONS["rollback-restore"] & touched)
            assert brought_back(play.world, taken, at, restored=restored), (stop, database, play.did, play.world)
            unwanted = [step for step in play.did if not REASONS[step] & touched]
            assert not unwanted, (stop, database, unwanted)
    sys.stdout.write(f"method {method}: {points} stop points, {plans} rollbacks played to their end\n")


@pytest.mark.parametrize("method", ["a", "b"])
def test_trouble_in_the_rollback_itself_still_ends_where_it_began(method: str) -> None:
    count = 0
    whole = Stop(method, tuple(changes(method)))
    for trouble in BACK:
        for happened in (True, False):
            for database in ("reverse", "restore"):
                play = deployed(whole)
                play.record(ev.RollbackStarted(flow="rollback", operator="ana", reason="x"))
                play.back_to_the_end(database, trouble, happened)
                restored = database == "restore"
                back = brought_back(play.world, database, world_at(whole), restored=restored)
                assert back, (trouble, happened, play.did)
                count += any(one.outcome == Outcome(OutcomeKind.UNKNOWN) for one in play.state.attempts.values())
    sys.stdout.write(f"method {method}: {count} rollbacks with a lost connection in one of their own steps\n")


@pytest.mark.parametrize("method", ["a", "b"])
def test_a_rollback_without_a_session_looks_and_brings_it_back(method: str) -> None:
    """What a host looks like is all that is known: stop points with the same world are one."""
    worlds = {world_at(stop): stop for stop in stops(method) if not stop.left_out}
    for world, stop in worlds.items():
        play = Play(world)
        play.record(
            ev.SessionStarted(
                session="s", flow="rollback", method=method, operator="ana", title="", runbook_hash="", variables=FACTS
            )
        )
        play.record(ev.RollbackStarted(flow="rollback", operator="ana", reason="x"))
        play.back_to_the_end("reverse")
        restored = world.schema == "half"
        assert brought_back(play.world, "reverse", world, restored=restored), (stop, play.did, play.world)
    sys.stdout.write(f"method {method}: {len(worlds)} rollbacks without a session\n")


@pytest.mark.parametrize("method", ["a", "b"])
def test_another_answer_about_the_database_is_carried_out_with_the_site_down_again(method: str) -> None:
    count = 0
    steps = changes(method)
    for place in range(len(steps) + 1):
        stop = Stop(method, tuple(steps[:place]))
        for before, after_all in (("leave", "restore"), ("reverse", "restore"), ("restore", "reverse")):
            play = deployed(stop)
            play.record(ev.RollbackStarted(flow="rollback", operator="ana", reason="x"))
            play.back_to_the_end(before)
            play.did.clear()
            play.decide_again(after_all)
            restored = bool(REASONS["rollback-restore"] & set(stop.done))
            if after_all == "restore":
                assert ("rollback-restore" in play.did) is restored, (stop, before, play.did)
            assert brought_back(play.world, after_all, play.world, restored=restored), (stop, before, play.world)
            count += 1
    sys.stdout.write(f"method {method}: {count} rollbacks with a second answer\n")


@pytest.mark.parametrize("method", ["a", "b"])
def test_comparing_the_database_again_after_it_was_restored_asks_nothing_again(method: str) -> None:
    """What was decided was about the database as the release had left it, not as the restore has."""
    steps = changes(method)
    half = steps.index(f"{method}-migrate")
    play = deployed(Stop(method, tuple(steps[:half]), steps[half], 1, Outcome.exited(1)))
    play.record(ev.RollbackStarted(flow="rollback", operator="ana", reason="x"))
    play.back_to_the_end("restore")
    play.did.clear()
    play.record(ev.StepReopened(step="rollback-state", operator="ana", reason="is it as recorded now?"))
    play.replan()
    play.back_to_the_end("leave")
    assert play.state.facts["database_state"] == "half-made"
    assert play.state.facts["database_rollback"] == "restore"
    assert play.state.step("rollback-database").status is StepStatus.NOT_NEEDED
    assert play.did == []


def test_the_model_covers_every_changing_step_of_both_flows() -> None:
    back = {step.id for name in runbook().flows["rollback"].sections for step in runbook().section(name).steps}
    changing = {step.id for section in runbook().sections for step in section.steps if step.mutates}
    assert set(BACK) == back & changing
    assert set(FORWARD) == {*changes("a"), *changes("b")}
    looked = {step.id for section in runbook().sections for step in section.steps if step.look}
    assert set(LOOKS) == looked
