"""Hosts that restart at any moment of a deployment or a rollback: what is in doubt, and that nothing builds on it."""

import os
import sys
from collections import Counter
from itertools import chain
from random import Random

import pytest

from tests.session.rollback.test_rollback_model import (
    BEFORE,
    DECISIONS,
    FACTS,
    Play,
    brought_back,
    carried_out,
    changes,
    runbook,
)
from tests.support.runbooks.production_model import (
    BACK,
    FORWARD,
    HOLDS,
    LOOKS,
    REASONS,
    TAKEN_BACK_BY,
    Effect,
    Impossible,
    World,
    after,
    restarted,
)
from tui.runbook.index import index_of
from tui.runbook.model import Step
from tui.session import events as ev
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import AUTO, LOOK, StepStatus, plan_now
from tui.session.views.doubts import begins_anew, checks_of, doubtful, hosts_of, unsettled_before
from tui.session.views.rollback import look_wanted, not_needed

LONG = os.environ.get("RUNBOOK_MODEL") == "long"
HISTORIES = 5_000 if LONG else 40
MOST = 3
"""Restarts in one history."""

GOOD = ev.Check("exit status 0", "", ok=True)


class Oracle:
    """What a careful person has noted down: when each command ran, when somebody looked, when the host restarted."""

    def __init__(self) -> None:
        self.restarted_at = -1
        self.did: dict[str, int] = {}
        """When a step last began to do something, also one that did not come to its end."""
        self.since: dict[str, dict[int, int]] = {}
        """For each step since it last began again: when each of its commands ran, or was decided by looking."""
        self.looked: dict[str, int] = {}
        self.done: set[str] = set()

    def ran(self, step: str, command: int, at: int) -> None:
        self.did[step] = at
        self.since.setdefault(step, {})[command] = at

    def decided(self, step: str, command: int, at: int) -> None:
        self.since[step][command] = at

    def begins_anew(self, step: str) -> None:
        self.done.discard(step)
        self.since.pop(step, None)

    def in_doubt(self, steps: list[str]) -> list[str]:
        """Which of these steps, in their order, a restart has put in doubt."""
        return [step for step in steps if step in self.done and self._older(step) and not self.taken_back(step)]

    def _older(self, step: str) -> bool:
        known = max(min(self.since[step].values()), self.looked.get(step, -1))
        return known < self.restarted_at

    def taken_back(self, step: str) -> bool:
        return any(self.did.get(later, -1) > self.did[step] for later in TAKEN_BACK_BY.get(step, ()))

    def cut(self, step: str, command: int) -> bool:
        """Whether the host restarted, or a stop was done, after an earlier command of a step that is not at its end."""
        stops = [at for stop, at in self.did.items() if stop in BACK and step in TAKEN_BACK_BY.get(stop, ())]
        last = max(self.restarted_at, *stops, -1)
        return any(at < last for place, at in self.since.get(step, {}).items() if place < command)


class Restarting(Play):
    """A session on a host that restarts when chance has it, taken on as the conductor and a front end take it on."""

    def __init__(self, method: str, chance: Random) -> None:
        super().__init__()
        self.method, self.chance, self.oracle = method, chance, Oracle()
        self.comes_back = chance.random() < 0.5
        self.left = chance.randint(1, MOST)
        self.boots, self.unnoticed = 1, False
        self.counts: Counter[str] = Counter()
        self.ever: set[tuple[str, int]] = set()
        self.effects: dict[str, tuple[Effect, ...]] = {**FORWARD, **BACK}
        begun = ev.SessionStarted(session="s", flow="deploy", method=method, operator="ana", title="", runbook_hash="")
        self.record(begun)
        self.record(ev.HostConnected(host="production", target="p:22", boot_id="boot-1"))
        for name, value in {**FACTS, "migration_plan": "Planned"}.items():
            self.record(ev.ValueCaptured(step="check-baseline", name=name, value=value))

    # the host

    def moment(self, likely: float = 0.04) -> None:
        """Time goes by: the host may restart, and it may be noticed by itself."""
        if self.left and self.chance.random() < likely:
            self.restart()
        if self.chance.random() < 0.3:
            self.notice()

    def restart(self) -> None:
        """The host restarts; before the first change a host without a restart policy would not have passed."""
        self.left -= 1
        self.counts["restarts"] += 1
        self.boots += 1
        self.unnoticed = True
        self.world = restarted(self.world, self.method, comes_back=self.comes_back or not self.oracle.did)

    def notice(self) -> None:
        """The host is met again, as before and after every step's commands, and when a connection returns."""
        if self.unnoticed:
            self.unnoticed = False
            self.record(ev.HostConnected(host="production", target="p:22", boot_id=f"boot-{self.boots}"))
            self.oracle.restarted_at = self.state.seq
            self.replan()

    # the session

    def record(self, event: ev.AnyEvent) -> None:
        super().record(event)
        if isinstance(event, ev.StepReopened):
            if event.step in self.oracle.done:
                self._has_a_reason(event)
            self.oracle.begins_anew(event.step)

    def _has_a_reason(self, event: ev.StepReopened) -> None:
        """What was done is done again only where it does not hold, or goes with another that is done again."""
        goes_with = {*TAKEN_BACK_BY, *chain.from_iterable(TAKEN_BACK_BY.values())}
        assert event.step in goes_with or not HOLDS[event.step](self.world), event

    def agree(self) -> None:
        """The product and the person who noted everything down have the same steps in doubt."""
        order = [step.id for _, step in plan_now(self.state).steps if step.id in self.effects]
        assert [step.id for step in doubtful(self.state)] == self.oracle.in_doubt(order)

    def look_again(self, doubts: tuple[Step, ...]) -> None:
        """Ask the host what still holds; where nothing tells, a person looks, and does what does not hold again."""
        self.counts["looks again"] += 1
        for step in doubts:
            asked = step.look is not None or bool(checks_of(self.state, step))
            by, holds = (AUTO if asked else "ana"), HOLDS[step.id](self.world)
            if step.look is not None:
                self.look(step)
            if holds:
                self.record(ev.StepHeld(step=step.id, operator=by, reason="looked"))
                self.oracle.looked[step.id] = self.state.seq
            else:
                self.record(ev.StepReopened(step=step.id, operator=by, reason="it does not hold"))
            self.moment()
        self.replan()
        self.agree()

    def look(self, step: Step) -> None:
        needed = LOOKS[step.id](self.world)
        number = max(self.state.attempts, default=0) + 1
        self.record(ev.AttemptStarted(attempt=number, step=step.id, action=LOOK, host="production", command="look"))
        self.record(ev.AttemptFinished(attempt=number, outcome=Outcome.exited(not needed), seconds=0.1))
        self.record(ev.StepLooked(step=step.id, attempt=number, needed=needed))

    def work(self, step: Step) -> None:
        """Start a step, or continue it, as far as it goes without the operator."""
        if self._begins_anew(step):
            return
        self.record(ev.StepOpened(step=step.id, operator="ana"))
        for place in range(self.state.step(step.id).action, len(step.actions)):
            open_before = unsettled_before(self.state, step)
            self.notice()
            if self._begins_anew(step) or doubtful(self.state, step):
                return
            if unsettled_before(self.state, step) - open_before:
                return
            self._nothing_missing(step)
            if not self.command(step, place):
                return
            self.moment()
        self.notice()
        self.replan()
        if self.state.step(step.id).status is StepStatus.PASSED:
            self.oracle.done.add(step.id)
            self.moment(0.1)  # between the work and the sign-off
        if self.state.step(step.id).status is StepStatus.PASSED:
            self.record(ev.StepSigned(step=step.id, operator="ana"))
        self.replan()
        self.agree()

    def command(self, step: Step, place: int) -> bool:
        """One command, in whose middle the host may restart; a person then looks whether it came to its end."""
        number, effects = max(self.state.attempts, default=0) + 1, self._effects(step, place)
        self.counts["commands run again"] += (step.id, place) in self.ever
        self.ever.add((step.id, place))
        self.record(
            ev.AttemptStarted(attempt=number, step=step.id, action=place, host="production", command="x", mutates=True)
        )
        self.oracle.ran(step.id, place, self.state.seq)
        cut = self.left and self.chance.random() < 0.05
        self.world = after(self.world, effects, self.chance.randint(0, len(effects)) if cut else len(effects))
        if not cut:
            self.record(ev.AttemptFinished(attempt=number, outcome=Outcome.exited(0), seconds=1.0))
            self.record(ev.AttemptChecked(attempt=number, checks=(GOOD,)))
            return True
        self.restart()
        self.record(ev.AttemptFinished(attempt=number, outcome=Outcome(OutcomeKind.UNKNOWN), seconds=1.0))
        self.notice()
        there = after_all(self.world, effects) == self.world
        self.record(ev.OutcomeResolved(attempt=number, operator="ana", succeeded=there, reason="looked"))
        self.oracle.decided(step.id, place, self.state.seq)
        self.replan()
        return there

    def _effects(self, step: Step, place: int) -> tuple[Effect, ...]:
        """What a command of a step does: each its part, the last all that is left."""
        effects = self.effects[step.id]
        return effects[place:] if place == len(step.actions) - 1 else effects[place : place + 1]

    def _begins_anew(self, step: Step) -> bool:
        cut = bool(begins_anew(self.state, step))
        assert cut is self.oracle.cut(step.id, self.state.step(step.id).action), step.id
        if cut:
            self.record(ev.StepReopened(step=step.id, operator=AUTO, reason="restarted in the middle of it"))
            self.replan()
        return cut

    def _nothing_missing(self, step: Step) -> None:
        """Nothing starts on what is not there: what was done before holds, unless a later step took it back."""
        places = plan_now(self.state).places
        earlier = [one for one in self.oracle.done if places.get(one, len(places)) < places[step.id]]
        missing = [one for one in earlier if not self.oracle.taken_back(one) and not HOLDS[one](self.world)]
        assert missing == [] or self.unnoticed, (step.id, missing)

    def deploy(self, steps: list[str]) -> None:
        """Deploy as far as the last of these steps."""
        index = index_of(self.state.runbook)
        for _ in range(300):
            self.moment()
            step = next((index.steps[one] for one in steps if not self.state.step(one).status.settled), None)
            doubts = doubtful(self.state, step)
            if doubts and (step or not self.unnoticed):
                self.look_again(doubts)
            elif step is not None:
                self.work(step)
            elif self.unnoticed:
                self.notice()
            else:
                return
        raise AssertionError("the deployment does not come to an end")

    def begin(self, name: str) -> None:
        """A step of which only the first command was run when the operator decided to roll back."""
        step = index_of(self.state.runbook).steps[name]
        self.notice()
        if not doubtful(self.state, step):
            self.counts["begun steps"] += 1
            self.record(ev.StepOpened(step=name, operator="ana"))
            self.command(step, 0)

    def roll_back(self, database: str) -> None:
        self.record(ev.RollbackStarted(flow="rollback", operator="ana", reason="x"))
        self.to_the_end(database)

    def decide_again(self, database: str) -> None:
        """The operator changes the answer about the database, after the rollback has come to its end."""
        self.counts["second answers"] += 1
        self.left += 1
        super().decide_again(database)

    def back_to_the_end(self, database: str, trouble: str = "", happened: bool = False) -> None:
        self.to_the_end(database)

    def to_the_end(self, database: str) -> None:
        for _ in range(600):
            self.moment()
            step = self.state.next_step()
            doubts = doubtful(self.state, step)
            if step is None and self.unnoticed:
                self.notice()
            elif doubts:
                self.look_again(doubts)
            elif step is None:
                return
            else:
                self._back(step, database)
            self.replan()
        raise AssertionError("the rollback does not come to an end")

    def answer(self, step: Step, database: str) -> None:
        """A database that the restart left down gives no answer, and the restart is noticed."""
        if self.unnoticed:
            self.notice()
        else:
            super().answer(step, database)

    def _back(self, step: Step, database: str) -> None:
        reason = not_needed(self.state, step)
        if reason:
            self.record(ev.StepNotNeeded(step=step.id, reason=reason))
        elif look_wanted(self.state, step):
            self.look(step)
        elif step.mutates and step.id in BACK:
            self.work(step)
            self.did.append(step.id)
        else:
            self.answer(step, database)


def after_all(world: World, effects: tuple[Effect, ...]) -> World | None:
    """Production after these effects again; None where they are not possible now."""
    try:
        return after(world, effects, len(effects))
    except Impossible:
        return None


def released(method: str) -> World:
    """The host after a deployment in which nothing happened."""
    world = BEFORE
    for step in changes(method):
        world = after(world, FORWARD[step], 9)
    return world


@pytest.mark.timeout(3600 if LONG else 120)
@pytest.mark.parametrize("method", ["a", "b"])
def test_a_deployment_on_a_host_that_restarts_ends_as_one_on_a_host_that_does_not(method: str) -> None:
    total: Counter[str] = Counter()
    for number in range(HISTORIES):
        play = Restarting(method, Random(f"deploy {method} {number}"))
        try:
            play.deploy(changes(method))
            assert play.world == released(method)
        except (AssertionError, Impossible) as error:
            raise AssertionError(f"history {number}: {error}") from error
        total.update(play.counts)
    told(f"method {method}: {HISTORIES} deployments", total)


@pytest.mark.timeout(3600 if LONG else 120)
@pytest.mark.parametrize("method", ["a", "b"])
def test_a_rollback_on_a_host_that_restarts_brings_it_back(method: str) -> None:
    total: Counter[str] = Counter()
    for number in range(HISTORIES):
        chance = Random(f"rollback {method} {number}")
        play = Restarting(method, chance)
        steps, database = changes(method), chance.choice(DECISIONS)
        try:
            last = chance.randint(0, len(steps))
            play.deploy(steps[:last])
            if last < len(steps) and chance.random() < 0.5:
                play.begin(steps[last])
            touched, at = set(play.oracle.did), play.world
            play.roll_back(database)
            taken = carried_out(database, at)
            asked = bool(REASONS["rollback-restore"] & touched)
            if asked and taken != "restore" and at.schema != "half" and chance.random() < 0.3:
                taken = "restore"
                play.decide_again(taken)
            restored = asked and taken == "restore"
            assert restored is ("rollback-restore" in play.did)
            assert not touched or brought_back(play.world, taken, at, restored=restored), (touched, play.world)
        except (AssertionError, Impossible) as error:
            raise AssertionError(f"history {number}: {error}") from error
        total.update(play.counts)
    told(f"method {method}: {HISTORIES} rollbacks", total)


def told(what: str, total: Counter[str]) -> None:
    sys.stdout.write(f"{what}: {', '.join(f'{count} {name}' for name, count in sorted(total.items()))}\n")


def test_the_model_says_of_every_step_when_it_holds_and_all_of_them_are_on_one_host() -> None:
    assert set(HOLDS) == {*FORWARD, *BACK}
    steps = index_of(runbook()).steps
    assert {host for name in HOLDS for host in hosts_of(runbook(), steps[name])} == {"production"}
    assert all(action.automatic for name in HOLDS for action in steps[name].actions)
