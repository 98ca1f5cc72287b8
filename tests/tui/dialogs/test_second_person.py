"""A second person allows a step on the operator's screen, by keys: allowed, refused, too late, alone with a reason."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.screens.running import comes, running
from tests.support.sessions.approving import People
from tests.support.sessions.fake_clock import FakeClock
from tests.tui.conftest import SHOP, dialog, shown, type_text, until
from tui.app import RunbookApp
from tui.dialogs import AskText, TypeName
from tui.dialogs.approval.asked_second import SecondPerson
from tui.execution.workspace import Workspace
from tui.session.approval.approved import became
from tui.session.outcome import Outcome
from tui.session.state import ApprovalStatus, StepStatus

pytestmark = pytest.mark.needs("ssh-keygen")


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return People(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def keyed(make_workspace: Callable[..., Workspace], people: People) -> Workspace:
    workspace = make_workspace(with_two())
    workspace.signing = people.signing()
    return workspace


def with_two() -> str:
    """The shop, whose backup a second person allows."""
    head, mark, tail = SHOP.partition('id = "backup"\n')
    assert mark
    return f'{head}{mark}danger = "destructive"\napprove = "second-person-or-alone"\n' + tail.replace(
        'danger = "caution"\n', "", 1
    )


async def asks(pilot: Pilot[Any], app: RunbookApp) -> None:
    """As far as the question."""
    app.conductor.skip("look", "not the point")
    await comes(pilot, app, "look", StepStatus.SKIPPED)
    await pilot.press("enter")
    await dialog(pilot, TypeName)
    assert "a second person is asked then" in shown(app)
    await type_text(pilot, "web")
    await pilot.press("enter")


def standing(app: RunbookApp) -> ApprovalStatus | None:
    asked = app.conductor.state.approvals.get("backup")
    return asked.status if asked else None


async def test_the_second_person_signs_at_the_operators_terminal_and_then_it_starts(
    keyed: Workspace, host: FakeTransport
) -> None:
    async with running(keyed, size=(80, 24)) as (app, pilot):
        await asks(pilot, app)
        await dialog(pilot, SecondPerson)
        assert "dump > /backups/v2.sql" in shown(app)
        assert "to answer, and to start it then" in shown(app)
        await type_text(pilot, "ana")
        await pilot.press("enter")
        await until(pilot, lambda: "must be somebody else" in shown(app))
        await pilot.press("ctrl+u")
        await type_text(pilot, "ben")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: standing(app) is ApprovalStatus.GRANTED)
        assert host.ran == []
        await until(pilot, lambda: "allowed by ben" in shown(app))
        await pilot.press("enter")
        await comes(pilot, app, "backup", StepStatus.PASSED)
        assert standing(app) is ApprovalStatus.USED


async def test_what_failed_is_tried_again_not_started_once_it_is_allowed(keyed: Workspace, host: FakeTransport) -> None:
    async with running(keyed, size=(80, 24)) as (app, pilot):
        await asks(pilot, app)
        await dialog(pilot, SecondPerson)
        await type_text(pilot, "ben")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: standing(app) is ApprovalStatus.GRANTED)
        host.replies["dump > /backups/v2.sql"] = Reply(b"", Outcome.exited(1))
        await until(pilot, lambda: "START  allowed by ben" in shown(app))
        await pilot.press("enter")
        await comes(pilot, app, "backup", StepStatus.FAILED)
        await until(pilot, lambda: "r  RETRY" in shown(app))
        await pilot.press("r")
        await dialog(pilot, TypeName)
        await type_text(pilot, "web")
        await pilot.press("enter")
        await dialog(pilot, SecondPerson)
        await type_text(pilot, "ben")
        await pilot.press("enter", "enter")
        await until(pilot, lambda: standing(app) is ApprovalStatus.GRANTED)
        await until(pilot, lambda: "r  RETRY  allowed by ben" in shown(app))
        assert "r retry" in shown(app)


async def test_a_refusal_needs_a_reason_and_nothing_starts(keyed: Workspace, host: FakeTransport) -> None:
    async with running(keyed, size=(120, 40)) as (app, pilot):
        await asks(pilot, app)
        await dialog(pilot, SecondPerson)
        await type_text(pilot, "ben")
        await pilot.press("f3")
        await until(pilot, lambda: "write why it is refused" in shown(app))
        await type_text(pilot, "the wrong one")
        await pilot.press("f3")
        await until(pilot, lambda: standing(app) is ApprovalStatus.REFUSED)
        await until(pilot, lambda: "refused by ben: the wrong one" in shown(app))
        await pilot.press("enter")
        await dialog(pilot, TypeName)  # it is asked again from the beginning
    assert host.ran == []


async def test_the_question_waits_without_blocking_and_closes_when_its_time_is_over(
    keyed: Workspace, host: FakeTransport, clock: FakeClock
) -> None:
    async with running(keyed) as (app, pilot):
        await asks(pilot, app)
        await dialog(pilot, SecondPerson)
        await pilot.press("escape")
        await until(pilot, lambda: "TWO ALLOW" in shown(app))
        await pilot.press("enter")
        await dialog(pilot, SecondPerson)
        clock.advance(16 * 60)
        await until(pilot, lambda: standing(app) is ApprovalStatus.ENDED)
        await until(pilot, lambda: not isinstance(app.screen, SecondPerson))
        await until(pilot, lambda: "nobody answered in time" in shown(app))
    assert host.ran == []


async def test_alone_with_a_reason(keyed: Workspace, host: FakeTransport) -> None:
    async with running(keyed) as (app, pilot):
        await asks(pilot, app)
        await dialog(pilot, SecondPerson)
        await pilot.press("f4")
        await dialog(pilot, AskText)
        assert "The report names it first" in shown(app)
        await type_text(pilot, "ben does not answer the phone")
        await pilot.press("enter")
        await until(pilot, lambda: standing(app) is ApprovalStatus.ALONE)
        await until(pilot, lambda: "ana starts it alone" in shown(app))
        await pilot.press("enter")
        await comes(pilot, app, "backup", StepStatus.PASSED)
        asked = app.conductor.state.approvals["backup"]
        assert became(asked, app.conductor.now()) == "started alone by ana: ben does not answer the phone"


async def test_what_is_asked_can_be_withdrawn(keyed: Workspace) -> None:
    async with running(keyed) as (app, pilot):
        await asks(pilot, app)
        await dialog(pilot, SecondPerson)
        await pilot.press("f6")
        await until(pilot, lambda: standing(app) is ApprovalStatus.ENDED)


async def test_where_no_keys_are_set_up_nobody_else_there_asks_for_the_reason(
    make_workspace: Callable[..., Workspace], host: FakeTransport, tmp_path: Path
) -> None:
    async with running(make_workspace(with_two())) as (app, pilot):
        app.conductor.skip("look", "not the point")
        await comes(pilot, app, "look", StepStatus.SKIPPED)
        await pilot.press("enter")
        await dialog(pilot, TypeName)
        await pilot.press("f4")
        await until(pilot, lambda: "type the name, or Esc" in shown(app))
        await type_text(pilot, "web")
        await pilot.press("f4")
        await dialog(pilot, AskText)
        await type_text(pilot, "nobody is there")
        await pilot.press("enter")
        await comes(pilot, app, "backup", StepStatus.PASSED)
        assert app.conductor.state.approvals["backup"].note == "nobody is there"


LONG = "\n".join(f"part {number}" for number in range(1, 31))


def long_step() -> str:
    """The same, of thirty commands: more than 80x24 has room for."""
    whole = with_two()
    changed = re.sub(r'run = "dump [^"]*"', lambda _: f"run = '''\n{LONG}\n'''", whole, count=1)
    assert changed != whole
    return changed


async def read_on(pilot: Pilot[Any], app: RunbookApp) -> None:
    """Press Enter until all was in sight; nothing is allowed before."""
    assert "part 30" not in shown(app)
    for _ in range(8):
        await pilot.press("enter")
        await until(pilot, lambda: "there is more to read" in shown(app))
        assert standing(app) is not ApprovalStatus.GRANTED
        if "part 30" in shown(app):
            return
    pytest.fail("the end of what would run is never shown")


async def test_what_would_run_stands_first_and_is_allowed_once_all_of_it_was_in_sight(
    make_workspace: Callable[..., Workspace], people: People, host: FakeTransport
) -> None:
    workspace = make_workspace(long_step())
    workspace.signing = people.signing()
    async with running(workspace, size=(80, 24)) as (app, pilot):
        await asks(pilot, app)
        await dialog(pilot, SecondPerson)
        rows = [row.strip(" │") for row in shown(app).splitlines()]
        title = next(place for place, row in enumerate(rows) if "TWO ALLOW on" in row)
        assert any("part 1" in row for row in rows[title : title + 5]), rows
        assert "left · F1 help" in shown(app)
        await type_text(pilot, "ben")
        await pilot.press("enter")
        await read_on(pilot, app)
        await pilot.press("enter")
        await until(pilot, lambda: standing(app) is ApprovalStatus.GRANTED)
        assert host.ran == []


async def test_without_keys_too_all_of_it_was_in_sight_before_a_second_name_counts(
    make_workspace: Callable[..., Workspace], host: FakeTransport
) -> None:
    async with running(make_workspace(long_step()), size=(80, 24)) as (app, pilot):
        app.conductor.skip("look", "not the point")
        await comes(pilot, app, "look", StepStatus.SKIPPED)
        await pilot.press("enter")
        await dialog(pilot, TypeName)
        await type_text(pilot, "web")
        await pilot.press("enter")
        await type_text(pilot, "ben")
        await read_on(pilot, app)
        await pilot.press("enter")
        await comes(pilot, app, "backup", StepStatus.PASSED)
        assert len(host.ran) == 1
