"""The scenarios that a rollback fixes: what goes wrong is seen, and what does not fix it does not."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.drill.test_calm_covers_runbook import answers, begin, go, runbook, ticking
from tests.support.machines.world_transport import WorldTransport
from tui.cli.wiring import drill_workspace
from tui.drill.debrief import debrief
from tui.drill.faults import INBOX, FaultRunner, ask_for
from tui.drill.scenario_files import find_scenario
from tui.drill.world import World
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Workspace
from tui.headless.answered_run import AnsweredRun, Exit
from tui.resources import bundled
from tui.runbook.facts import connection_of, flow_of_kind
from tui.runbook.model import FlowKind
from tui.runbook.reading.load import read_whole
from tui.session import events as ev
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.journal.journal import read
from tui.session.state import StepStatus
from tui.session.views import symptoms
from tui.session.views.symptoms import Match, Subject, matching


class Rehearsal:
    """A session of the bundled runbook in a world of a scenario; faults strike when the test looks.

    With a `fault` that one strikes, and no other.
    """

    def __init__(self, scenario: str, folder: Path, method: str, fault: str = "") -> None:
        self.scenario = find_scenario(scenario)
        if fault:
            chosen = [replace(one, by_itself=one.id == fault) for one in self.scenario.faults]
            self.scenario = replace(self.scenario, faults=tuple(chosen))
        self.world = World(self.scenario, ticking())
        self.hosts = {
            name: WorldTransport(connection_of(runbook(), name), self.world, host.expect_hostname)
            for name, host in runbook().hosts.items()
        }
        text = read_whole(bundled("runbook.toml")).text
        store = Store(folder)
        title = self.scenario.title
        self.workspace = Workspace(
            runbook(), text, store, self.hosts, SystemClock(), drill=title, scenario=scenario, speed=60
        )
        self.conductor: Conductor = begin(self.workspace, "deploy", method)
        self.directory = store.find("last")
        strike, clock = self.world.strike, SystemClock()
        self.faults = FaultRunner(
            self.scenario, self.conductor.recorder, self.directory.path / INBOX, strike, clock, speed=1e9
        )

    def walk(self, **given: str) -> str:
        """Walk until a step fails; its id, or empty where none did."""
        said: list[str] = []
        code = AnsweredRun(self.conductor, answers(**given), said.append).walk()
        assert [script for host in self.hosts.values() for script in host.unanswered] == []
        if code is Exit.OK:
            return ""
        step = self.conductor.state.next_step()
        assert step is not None
        return step.id

    def until(self, step: str) -> None:
        """Walk until this step is done."""
        while self.conductor.state.step(step).settled is None:
            following = self.conductor.state.next_step()
            assert following is not None
            AnsweredRun(self.conductor, answers(), lambda line: None).settle(following)

    def close(self) -> None:
        self.conductor.close()
        self.workspace.close()


def do(night: Rehearsal, step: str, *answers: str) -> StepStatus:
    """Do a step, and answer what it asks."""
    night.conductor.start(step, second="ben")
    night.conductor.wait()
    for answer in answers:
        night.conductor.answer(step, answer)
        night.conductor.wait()
    if night.conductor.state.step(step).status is StepStatus.PASSED:
        night.conductor.sign(step, "ana")
    return night.conductor.state.step(step).status


def likely(night: Rehearsal, step: str) -> list[Match]:
    """The troubles that a failed step looks like."""
    conductor = night.conductor
    return symptoms.likely(conductor.runbook, conductor.state, step, conductor.executor.directory)


@pytest.fixture
def rehearse(tmp_path: Path) -> Iterator[Callable[..., Rehearsal]]:
    made: list[Rehearsal] = []

    def begun(scenario: str, method: str, fault: str = "") -> Rehearsal:
        made.append(Rehearsal(scenario, tmp_path, method, fault))
        return made[-1]

    yield begun
    for one in made:
        one.close()


@pytest.mark.parametrize("method", ["a", "b"])
def test_a_migration_that_stops_half_way_is_fixed_by_the_backup(
    rehearse: Callable[..., Rehearsal], method: str
) -> None:
    night = rehearse("migration-fails", method)
    night.faults.look()
    assert night.walk() == f"{method}-migrate"
    assert night.world.facts["half"] == "yes"
    night.conductor.retry(f"{method}-migrate", second="ben")
    night.conductor.wait()
    (check, *_) = night.conductor.state.step(f"{method}-migrate").checks[0]
    assert "Duplicate column name 'tags'" in check.came
    night.conductor.roll_back(flow_of_kind(night.conductor.runbook, FlowKind.ROLLBACK), "the migration failed")
    assert night.walk(rollback_database_half="restore") == ""
    facts = night.world.facts
    assert (facts["half"], facts["live"], facts["maintenance"]) == ("no", "1.9.0", "off")
    assert night.conductor.state.step("rollback-restore").status is StepStatus.SIGNED
    entries = tuple(read(night.directory.journal))
    (story,) = debrief(night.conductor.state, entries, night.scenario).stories
    assert story.first == "a check failed"
    assert story.noticed is not None
    assert story.decided is not None
    assert story.recovered is not None
    assert story.noticed <= story.decided <= story.recovered


def test_reversing_a_migration_that_stopped_half_way_leaves_the_old_release_unwell() -> None:
    world = World(find_scenario("migration-fails"), ticking())
    world.strike({"lock": "held", "half": "yes", "checked_out": "2.0.0", "live": "1.9.0"})
    reversing = world.answer("python manage.py migrate coreapp 0001_initial --noinput", "production")
    world.change(reversing)
    assert reversing.exit_status == 0
    assert world.facts["half"] == "yes"
    health = world.answer("curl -sS --max-time 20 https://shop.example/health/", "checkout")
    assert b"unhealthy" in b"".join(line.data for line in health.lines)


@pytest.mark.parametrize("method", ["a", "b"])
def test_errors_after_the_deployment_are_fixed_by_the_rollback(rehearse: Callable[..., Rehearsal], method: str) -> None:
    night = rehearse("error-rate-climbs", method)
    go(night.conductor, night.hosts)
    night.faults.look()
    night.faults.look()  # a minute of the drill later
    assert night.world.facts["errors"] == "high"
    monitor = "maintenance mode is on … Error rate: "
    assert b"12.50%" in night.world.answer(monitor, "production").lines[0].data
    night.conductor.roll_back(flow_of_kind(night.conductor.runbook, FlowKind.ROLLBACK), "error rate above 10%")
    go(night.conductor, night.hosts, rollback_database="reverse")
    assert night.world.facts["live"] == "1.9.0"
    assert b"0.00%" in night.world.answer(monitor, "production").lines[0].data
    entries = tuple(read(night.directory.journal))
    (story,) = debrief(night.conductor.state, entries, night.scenario).stories
    assert story.decision == "rollback"
    assert story.recovered is not None


@pytest.mark.parametrize("scenario", ["celery-stuck", "high-error-rate"])
@pytest.mark.parametrize("method", ["a", "b"])
def test_what_a_start_fixes_is_fixed_by_the_start_of_the_rollback(
    rehearse: Callable[..., Rehearsal], method: str, scenario: str
) -> None:
    night = rehearse(scenario, method)
    go(night.conductor, night.hosts)
    night.faults.look()
    night.conductor.roll_back(flow_of_kind(night.conductor.runbook, FlowKind.ROLLBACK), "to be safe")
    go(night.conductor, night.hosts, rollback_database="leave")
    (story,) = debrief(night.conductor.state, tuple(read(night.directory.journal)), night.scenario).stories
    assert story.recovered is not None
    started = night.conductor.state.step(f"rollback-start-{method}")
    assert started.opened is not None
    recovered = story.struck + timedelta(seconds=story.recovered + 0.001)  # it is told in milliseconds
    assert recovered >= started.opened, "and by nothing before it"


def test_the_faults_of_several_scenarios_strike_in_one() -> None:
    both = find_scenario("error-rate-climbs+migration-fails")
    assert {fault.id for fault in both.faults} == {"errors", "table-locked"}
    world = World(both, ticking())
    world.strike({"lock": "held", "checked_out": "2.0.0", "errors": "high", "live": "2.0.0"})
    assert world.answer("python manage.py migrate --noinput", "production").exit_status == 1
    assert b"12.50%" in world.answer("maintenance mode is on … Error rate: ", "production").lines[0].data


def test_without_space_there_is_no_backup_until_somebody_makes_room(rehearse: Callable[..., Rehearsal]) -> None:
    night = rehearse("disk-fills", "b")
    night.until("prepare-tag")
    night.faults.look()
    assert night.walk() == "prepare-backup"
    checks = night.conductor.state.step("prepare-backup").checks.values()
    failed = next(one for several in checks for one in several if not one.ok)
    assert "No space left on device" in failed.came
    night.conductor.retry("prepare-backup")  # trying again makes no room
    night.conductor.wait()
    assert night.conductor.state.step("prepare-backup").status is StepStatus.FAILED
    ask_for(night.directory, night.scenario, "disk-freed", "ben")
    night.faults.look()
    night.conductor.retry("prepare-backup")
    night.conductor.wait()
    assert night.conductor.state.step("prepare-backup").settled is not None
    assert night.walk() == ""


@pytest.mark.parametrize(("method", "step", "action"), [("a", "a-build", 1), ("b", "b-dependencies", 2)])
def test_a_command_whose_connection_dropped_keeps_running_and_is_followed_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, step: str, action: int
) -> None:
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path))
    with drill_workspace(bundled("runbook.toml"), "connection-drops", 1000, {"samples": "1"}) as workspace:
        conductor = begin(workspace, "deploy", method)
        said: list[str] = []
        assert AnsweredRun(conductor, answers(), said.append).walk() is Exit.OK, said[-3:]
        (cut,) = [one for one in conductor.state.attempts.values() if one.step == step and one.action == action]
        output = (tmp_path / conductor.state.facts["session"] / "attempts" / f"{cut.number:04d}.out").read_bytes()
        assert output.count({"a": b"Step 3/8", "b": b"Collecting redis"}[method]) == 1
        entries = read(workspace.store.find("last").journal)
        assert "connection lost" in [one.event.link for one in entries if isinstance(one.event, ev.LinkChanged)]
        conductor.close()


@pytest.mark.parametrize(("method", "step"), [("a", "a-build"), ("b", "b-dependencies")])
def test_what_became_of_a_command_whose_host_restarted_is_looked_at_and_decided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, step: str
) -> None:
    monkeypatch.setenv("RUNBOOK_SESSIONS", str(tmp_path))
    with drill_workspace(bundled("runbook.toml"), "host-restarts", float("inf"), {"samples": "1"}) as workspace:
        conductor = begin(workspace, "deploy", method)
        said: list[str] = []
        assert AnsweredRun(conductor, answers(), said.append).walk() is Exit.UNKNOWN
        left = conductor.state.next_step()
        assert left is not None
        assert left.id == step
        lost = conductor.state.attempts[max(conductor.state.attempts)]
        assert "restarted while it ran" in conductor.look(lost)
        conductor.resolve(step, succeeded=False, reason="nothing is built")
        conductor.wait()
        assert AnsweredRun(conductor, answers(), said.append).walk() is Exit.FAILED
        conductor.retry(step)
        conductor.wait()
        assert AnsweredRun(conductor, answers(), said.append).walk() is Exit.OK, said[-3:]
        assert conductor.state.step(step).settled is not None
        conductor.close()


def test_a_snag_of_the_rollback_is_fixed_by_its_troubleshooting(rehearse: Callable[..., Rehearsal]) -> None:
    night = rehearse("rollback-snag", "b", "static-owner")
    go(night.conductor, night.hosts)
    night.faults.look()
    night.conductor.roll_back(flow_of_kind(night.conductor.runbook, FlowKind.ROLLBACK), "errors")
    assert night.walk(rollback_database="reverse") == "rollback-dependencies-b"
    found = likely(night, "rollback-dependencies-b")
    assert found[0].issue.id == "static-files"
    night.conductor.retry("rollback-dependencies-b")
    night.conductor.wait()
    assert night.conductor.state.step("rollback-dependencies-b").status is StepStatus.FAILED
    listed = "ls -la /var/www/multinotesai/staticfiles/"
    assert b"www-data www-data" in b"".join(line.data for line in night.world.answer(listed, "production").lines)
    night.conductor.start("static-files-permissions")
    night.conductor.wait()
    assert night.world.facts["static_owner"] == "deploy"
    assert b"www-data" not in b"".join(line.data for line in night.world.answer(listed, "production").lines)
    night.conductor.retry("rollback-dependencies-b")
    night.conductor.wait()
    assert night.walk(rollback_database="reverse") == ""
    assert night.world.facts["live"] == "1.9.0"


@pytest.mark.parametrize("method", ["a", "b"])
def test_a_configuration_that_was_overwritten_through_its_link_is_seen_before_it_is_put_back(
    rehearse: Callable[..., Rehearsal], method: str
) -> None:
    night = rehearse("rollback-snag", method, "link-followed")
    go(night.conductor, night.hosts)
    night.faults.look()
    night.conductor.roll_back(flow_of_kind(night.conductor.runbook, FlowKind.ROLLBACK), "errors")
    assert night.walk(rollback_database="reverse") == "rollback-maintenance-off"
    night.conductor.retry("rollback-maintenance-off")  # trying again puts nothing back
    night.conductor.wait()
    assert night.conductor.state.step("rollback-maintenance-off").status is StepStatus.FAILED
    assert night.world.facts["maintenance"] == "on"
    ask_for(night.directory, night.scenario, "config-back", "ben")
    night.faults.look()
    night.conductor.retry("rollback-maintenance-off")
    night.conductor.wait()
    assert night.walk(rollback_database="reverse") == ""
    assert (night.world.facts["live"], night.world.facts["maintenance"]) == ("1.9.0", "off")


def test_a_migration_that_was_applied_by_hand_is_marked_as_applied_and_nothing_else_helps(
    rehearse: Callable[..., Rehearsal],
) -> None:
    night = rehearse("migration-errors", "b", "column-by-hand")
    night.faults.look()
    assert night.walk() == "b-migrate"
    found = likely(night, "b-migrate")
    assert found[0].issue.id == "migration-errors"
    night.conductor.retry("b-migrate", second="ben")
    night.conductor.wait()
    assert night.conductor.state.step("b-migrate").status is StepStatus.FAILED
    assert do(night, "migration-errors-plan") is StepStatus.SIGNED
    assert do(night, "reverse-migration-choose", "coreapp", "0001_initial") is StepStatus.FAILED  # nothing to reverse
    assert do(night, "reverse-migration-run") is StepStatus.FAILED
    assert do(night, "fake-migration-choose", "coreapp", "0002_prompt_tags") is StepStatus.SIGNED
    assert do(night, "fake-migration-run") is StepStatus.SIGNED
    night.conductor.retry("b-migrate", second="ben")
    night.conductor.wait()
    assert night.walk() == ""
    assert (night.world.facts["live"], night.world.facts["migrated"]) == ("2.0.0", "yes")
    (story,) = debrief(night.conductor.state, tuple(read(night.directory.journal)), night.scenario).stories
    assert story.recovered is not None
    assert "Reverse a migration" in story.vain


def test_static_files_that_are_gone_are_collected_when_their_directory_is_given_back(
    rehearse: Callable[..., Rehearsal],
) -> None:
    night = rehearse("static-files", "b")
    night.until("verify-http")
    night.faults.look()
    assert night.walk() == ""  # no check sees it, the web server's log does
    number = night.conductor.state.step("verify-nginx").attempts[0]
    text = (night.directory.attempts / f"{number:04d}.out").read_text()
    assert matching(runbook(), text, Subject(command="tail access.log"))[0].issue.id == "static-files"
    assert do(night, "static-files-list") is StepStatus.SIGNED
    assert do(night, "static-files-reload") is StepStatus.SIGNED  # the wrong one: nothing is there to be served
    assert do(night, "static-files-collect") is StepStatus.FAILED
    assert night.world.facts["static"] == "gone"
    assert do(night, "static-files-permissions") is StepStatus.SIGNED
    night.conductor.retry("static-files-collect")
    night.conductor.wait()
    assert night.world.facts["static"] == "there"
    (story,) = debrief(night.conductor.state, tuple(read(night.directory.journal)), night.scenario).stories
    assert story.first == "troubleshooting: List the static files' directory"
    assert story.vain == ("Reload Nginx",)
    assert story.recovered is not None
