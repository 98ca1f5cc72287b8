"""A host that restarts between two steps: nothing builds on what was signed before, until it was looked at again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import shop
from tests.support.sessions.conducted import conducted
from tui.errors import NotNow
from tui.execution.conductor.conductor import Conductor
from tui.headless.answered_run import AnsweredRun, Exit
from tui.headless.answers import AnswersFile
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import StepStatus
from tui.session.views.doubts import doubtful, unasked
from tui.transports.base import LinkState

TEXT = shop(
    {
        "go": """
  { id = "stop", title = "Stop", mutates = true, actions = [{ run = "stop one" }, { run = "stop two" }] },
  { id = "stopped", title = "Stopped", actions = [{ run = "systemctl is-active unit", expect = { exit = [3] } }] },
  { id = "code", title = "Code", mutates = true, actions = [{ on = "app", run = "check out" }] },
  { id = "start", title = "Start", mutates = true, actions = [{ run = "start" }] },
""",
    },
    more='[hosts.app]\nconnection = "web"',
)
DOWN, UP = Reply(b"inactive\n", outcome=Outcome.exited(3)), Reply(b"active\n")


@pytest.fixture
def host() -> FakeTransport:
    return FakeTransport({"is-active": DOWN})


@pytest.fixture
def conductor(tmp_path: Path, host: FakeTransport) -> Iterator[Conductor]:
    with conducted(TEXT, tmp_path, {"web": host, "app": host}) as made:
        yield made


def do(conductor: Conductor, *steps: str) -> None:
    for step in steps:
        conductor.start(step)
        conductor.wait()


def restart(host: FakeTransport, number: int = 2) -> None:
    """The host is started again, and its units come up by themselves."""
    host.boot_id, host.replies["is-active"] = f"boot-{number}", UP


def statuses(conductor: Conductor) -> dict[str, StepStatus]:
    return {step: conductor.state.step(step).status for step in ("stop", "stopped", "code", "start")}


def test_a_change_does_not_run_on_a_host_that_restarted_since(conductor: Conductor, host: FakeTransport) -> None:
    do(conductor, "stop", "stopped", "code")
    restart(host)
    do(conductor, "start")
    assert [command.script for command in host.ran][-1] == "check out"
    assert statuses(conductor)["start"] is StepStatus.RUNNING
    with pytest.raises(NotNow, match="web restarted by .*: look again at 2 steps: Stop, Code"):
        conductor.start("start")


def test_looking_again_reopens_what_the_restart_undid_and_leaves_to_a_person_what_nothing_tells(
    conductor: Conductor, host: FakeTransport
) -> None:
    do(conductor, "stop", "stopped", "code")
    restart(host)
    do(conductor, "start")
    conductor.look_again(doubtful(conductor.state))
    conductor.wait()
    assert statuses(conductor)["stop"] is statuses(conductor)["stopped"] is StepStatus.PENDING
    assert statuses(conductor)["code"] is StepStatus.SIGNED
    assert [step.id for step in doubtful(conductor.state)] == ["code"]
    assert unasked(conductor.state, doubtful(conductor.state)) == []
    host.replies["is-active"] = DOWN
    do(conductor, "stop", "stopped")
    with pytest.raises(NotNow, match="a reason|how you know"):
        conductor.vouch(doubtful(conductor.state), " ")
    conductor.vouch(doubtful(conductor.state), "git describe says v2")
    do(conductor, "start")
    assert set(statuses(conductor).values()) == {StepStatus.SIGNED}


def test_what_still_holds_is_not_done_again(conductor: Conductor, host: FakeTransport) -> None:
    do(conductor, "stop", "stopped")
    host.boot_id = "boot-2"
    conductor.meet_again("web")
    conductor.look_again(doubtful(conductor.state))
    conductor.wait()
    assert doubtful(conductor.state) == ()
    assert statuses(conductor)["stop"] is StepStatus.SIGNED


def test_a_restart_is_noticed_when_the_connection_comes_back_and_nobody_does_anything(
    conductor: Conductor, host: FakeTransport
) -> None:
    do(conductor, "stop")
    restart(host)
    host.listener(LinkState.LOST, "cut")
    host.listener(LinkState.UP, "")
    met = conductor.worker.submit_beside(lambda cancel: None)
    assert met is not None
    met.result(10)
    assert [step.id for step in doubtful(conductor.state)] == ["stop"]


def test_a_restart_in_the_middle_of_a_step_begins_the_step_again(conductor: Conductor, host: FakeTransport) -> None:
    host.before_run = lambda command: setattr(host, "boot_id", "boot-2") if command.script == "stop one" else None
    do(conductor, "stop")
    assert [command.script for command in host.ran] == ["stop one"]
    assert statuses(conductor)["stop"] is StepStatus.PENDING
    do(conductor, "stop")
    assert [command.script for command in host.ran] == ["stop one", "stop one", "stop two"]
    assert statuses(conductor)["stop"] is StepStatus.SIGNED


def test_a_command_that_ran_again_after_the_restart_is_not_taken_for_one_before_it(
    conductor: Conductor, host: FakeTransport
) -> None:
    lost = Reply(outcome=Outcome(OutcomeKind.UNKNOWN, detail="the host was restarted while the command ran"))
    host.replies["stop one"] = lost
    do(conductor, "stop")
    host.boot_id = "boot-2"
    host.replies["stop one"] = Reply(b"")
    conductor.meet_again("web")
    conductor.resolve("stop", succeeded=False, reason="looked")
    conductor.wait()
    conductor.retry("stop")
    conductor.wait()
    assert [command.script for command in host.ran] == ["stop one", "stop one", "stop two"]
    assert statuses(conductor)["stop"] is StepStatus.SIGNED


def test_a_step_cut_by_a_restart_is_run_again_from_its_first_command(conductor: Conductor, host: FakeTransport) -> None:
    host.replies["stop two"] = Reply(outcome=Outcome.exited(1))
    do(conductor, "stop")
    host.boot_id = "boot-2"
    host.replies["stop two"] = Reply(b"")
    conductor.meet_again("web")
    conductor.retry("stop")
    conductor.wait()
    assert [command.script for command in host.ran] == ["stop one", "stop two"] * 2
    assert statuses(conductor)["stop"] is StepStatus.SIGNED


def test_a_step_during_which_the_host_was_restarted_is_in_doubt_though_it_is_signed_after_it(
    conductor: Conductor, host: FakeTransport
) -> None:
    do(conductor, "stop", "stopped")
    host.before_run = lambda command: setattr(host, "boot_id", "boot-2") if command.script == "check out" else None
    do(conductor, "code")
    assert statuses(conductor)["code"] is StepStatus.SIGNED
    assert [step.id for step in doubtful(conductor.state)] == ["stop", "code"]
    with pytest.raises(NotNow, match="look again at 2 steps: Stop, Code"):
        conductor.start("start")


def test_a_session_is_not_completed_on_what_a_restart_put_in_doubt(conductor: Conductor, host: FakeTransport) -> None:
    do(conductor, "stop", "stopped", "code")
    host.before_run = lambda command: setattr(host, "boot_id", "boot-2") if command.script == "start" else None
    do(conductor, "start")
    assert set(statuses(conductor).values()) == {StepStatus.SIGNED}
    with pytest.raises(NotNow, match="look again at 3 steps"):
        conductor.finish("completed")
    conductor.vouch(doubtful(conductor.state), "git describe says v2, the units are active")
    conductor.finish("completed")
    conductor.wait()
    assert conductor.state.finished is not None


def test_a_session_in_doubt_may_be_abandoned(conductor: Conductor, host: FakeTransport) -> None:
    do(conductor, "stop")
    host.boot_id = "boot-2"
    conductor.meet_again("web")
    conductor.finish("abandoned")
    conductor.wait()
    assert conductor.state.finished is not None


def test_headless_looks_again_after_the_last_step_too(conductor: Conductor, host: FakeTransport) -> None:
    host.before_run = lambda command: setattr(host, "boot_id", "boot-2") if command.script == "start" else None
    lines: list[str] = []
    assert AnsweredRun(conductor, AnswersFile(confirm=("stop", "code", "start")), lines.append).walk() is Exit.UNKNOWN
    assert [line.split(":")[0] for line in lines if line.startswith("  ")] == [
        "  holds         stop",
        "  cannot tell   code",
        "  cannot tell   start",
    ]


BACK = shop(
    {
        "go": """
  { id = "code", title = "Code", mutates = true, undo = ["back-code"], actions = [{ run = "check out" }] },
  { id = "start", title = "Start", mutates = true, undo = ["back-stop"], actions = [{ run = "start" }] },
""",
    },
    back="""
  { id = "back-stop", title = "Stop", mutates = true, look = { run = "running?" }, actions = [{ run = "stop all" }] },
  { id = "back-code", title = "Code", mutates = true, actions = [{ run = "put it back" }] },
""",
)


@pytest.mark.parametrize("headless", [False, True])
def test_what_a_restart_makes_necessary_comes_before_the_change_that_noticed_it(tmp_path: Path, headless: bool) -> None:
    """Nobody had started the services, so their stop was not needed; the restart has started them by itself."""
    host = FakeTransport({"running?": UP})
    with conducted(BACK, tmp_path, {"web": host}) as conductor:
        do(conductor, "code")
        conductor.roll_back("rollback", "x")
        assert conductor.state.step("back-stop").status is StepStatus.NOT_NEEDED
        host.boot_id = "boot-2"
        if headless:
            assert (
                AnsweredRun(conductor, AnswersFile(confirm=("back-stop", "back-code")), lambda line: None).walk()
                is Exit.OK
            )
        else:
            do(conductor, "back-code")
            assert conductor.state.step("back-stop").status is StepStatus.PENDING
            assert conductor.state.step("back-code").status is StepStatus.RUNNING
            conductor.look_first("back-stop")
            conductor.wait()
            do(conductor, "back-stop", "back-code")
        assert [command.script for command in host.ran][-3:] == ["running?", "stop all", "put it back"]


def test_a_changes_own_check_that_is_made_again_is_no_change(tmp_path: Path) -> None:
    both = '[{ run = "git checkout v2" }, { run = "git describe" }]'
    own = f'{{ id = "code", title = "Code", mutates = true, actions = {both} }}'
    host = FakeTransport()
    with conducted(shop({"go": own}), tmp_path, {"web": host}) as conductor:
        do(conductor, "code")
        host.boot_id = "boot-2"
        conductor.meet_again("web")
        conductor.look_again(doubtful(conductor.state))
        conductor.wait()
        assert doubtful(conductor.state) == ()
        attempts = conductor.state.attempts.values()
        assert [(one.command, one.again, one.mutates) for one in attempts] == [
            ("git checkout v2", False, True),
            ("git describe", False, True),
            ("git describe", True, False),
        ]


def test_headless_says_first_what_is_unknown(conductor: Conductor, host: FakeTransport) -> None:
    """The outcome that was lost in the restart comes before what the restart put in doubt."""
    do(conductor, "stop", "stopped")
    host.replies["check out"] = Reply(outcome=Outcome(OutcomeKind.UNKNOWN, detail="the host was restarted"))
    do(conductor, "code")
    restart(host)
    conductor.meet_again("web")
    lines: list[str] = []
    assert AnsweredRun(conductor, AnswersFile(confirm=("stop", "code", "start")), lines.append).walk() is Exit.UNKNOWN
    assert [line.split(": ")[0].split()[-1] for line in lines] == ["code"]
    assert statuses(conductor)["stop"] is StepStatus.SIGNED


def test_headless_looks_again_by_itself_and_stops_where_nothing_tells(
    conductor: Conductor, host: FakeTransport
) -> None:
    do(conductor, "stop", "stopped", "code")
    restart(host)
    host.before_run = lambda command: host.replies.update({"is-active": DOWN} if "stop two" in command.script else {})
    lines: list[str] = []
    assert AnsweredRun(conductor, AnswersFile(confirm=("stop", "start")), lines.append).walk() is Exit.UNKNOWN
    assert [line.split(":")[0] for line in lines if line.startswith("  ")] == [
        "  does not hold stop",
        "  cannot tell   code",
    ]


def test_headless_continues_where_everything_holds(conductor: Conductor, host: FakeTransport) -> None:
    do(conductor, "stop", "stopped")
    host.boot_id = "boot-2"
    assert AnsweredRun(conductor, AnswersFile(confirm=("code", "start")), lambda line: None).walk() is Exit.OK
    assert set(statuses(conductor).values()) == {StepStatus.SIGNED}
