"""The set-up by its keys: what is asked, checked and begun."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.geometry import Size
from textual.pilot import Pilot
from textual.screen import Screen
from textual.strip import Strip
from textual.widgets import Input

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.sessions.fake_clock import FakeClock
from tests.tui.conftest import SHOP, dialog, journal, shown, type_text, until
from tui.app import RunbookApp
from tui.cli.wiring import open_workspace
from tui.config import Config
from tui.dialogs.ask import AskSecret
from tui.errors import HostKeyRefused
from tui.execution.here import found_here
from tui.execution.preflight import Finding, RowVerdict
from tui.execution.workspace import Setup, Workspace
from tui.screens.setup.fields import Methods
from tui.screens.setup.form import meaning
from tui.screens.setup.screen import SetupScreen
from tui.session import events as ev
from tui.session.outcome import Outcome
from tui.widgets.keys_row.widget import KeysRow

OK = {("host", "web"): Finding(name="web", kind="host", verdict=RowVerdict.OK)}
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


async def opened(pilot: Pilot[Any], app: RunbookApp) -> None:
    await until(pilot, lambda: "None yet" in shown(app))
    await pilot.press("d")
    await until(pilot, lambda: isinstance(app.screen, SetupScreen) and "Preflight" in shown(app))
    await until(pilot, lambda: app.focused is not None)  # given back once the hosts were reached


async def test_a_session_begins_as_it_was_set_up(workspace: Workspace) -> None:
    workspace.here = replace(workspace.here, settings={"release": "v3"})
    app = RunbookApp(workspace, Config(operator="ana"))
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app)
        await until(pilot, lambda: "F10   BEGIN" in shown(app))
        seen = shown(app)
        for words in ("deploy@web.example:22", "SHA256:FAKEFAKE", "db_password", "Docker", "(recommended)"):
            assert words in seen
        assert "hunter2" not in seen
        assert "Outside the window" not in seen
        await pilot.press("enter")
        await type_text(pilot, "ben")
        await pilot.press("enter", "down", "enter")
        await until(pilot, lambda: app.screen.query_one("#var-release", Input).has_focus)
        await pilot.press("enter")
        await type_text(pilot, "CHG-7")
        await until(pilot, lambda: "F10   BEGIN" in shown(app))
        await pilot.press("enter")
        assert app.focused is not None
        assert app.focused.id == "begin"
        await pilot.press("enter")
        await until(pilot, lambda: app.conductor is not None)
    started, *_ = journal(workspace)
    assert isinstance(started, ev.SessionStarted)
    assert (started.operator, started.second_operator, started.method) == ("ana", "ben", "manual")
    assert (started.variables["release"], started.change, started.reason) == ("v3", "CHG-7", "")
    assert any(isinstance(event, ev.HostConnected) for event in journal(workspace))


async def test_what_is_missing_is_told_in_place_and_nothing_begins(workspace: Workspace, clock: FakeClock) -> None:
    clock.start = MONDAY
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app)
        assert "Outside the window (Monday is not a deployment day)" in shown(app)
        await pilot.press("f10")
        await until(pilot, lambda: "a reason is needed outside the window" in shown(app))
        assert app.focused is not None
        assert app.focused.id == "reason"
        assert app.conductor is None
        assert workspace.store.names() == []
        await type_text(pilot, "agreed")
        await until(pilot, lambda: "F10   BEGIN" in shown(app))
        await pilot.press("f10")
        await until(pilot, lambda: app.conductor is not None)
    started, *_ = journal(workspace)
    assert isinstance(started, ev.SessionStarted)
    assert started.reason == "agreed"


async def test_a_refused_key_is_told_and_checked_again(workspace: Workspace, host: FakeTransport) -> None:
    host.refuses = HostKeyRefused("the key of web is unknown", "compare it with the administrator's, then add it")
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app)
        await until(pilot, lambda: "host    web                failed" in shown(app))
        assert "the key of web is unknown" in shown(app)
        assert "→ compare it with the administrator's" in shown(app)
        assert "why begin anyway?" in shown(app)
        await pilot.press("f10")
        await pilot.pause()
        assert app.conductor is None
        host.refuses = None
        await pilot.press("f5")
        await until(pilot, lambda: "F10   BEGIN" in shown(app))
        assert "why begin anyway?" not in shown(app)


async def test_a_secret_is_asked_for_and_never_shown(make_workspace: Callable[..., Workspace]) -> None:
    prompted = SHOP.replace('source = "environment"', 'source = "prompt"\nprompt = "The database password:"')
    workspace = make_workspace(prompted)
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "None yet" in shown(app))
        await pilot.press("d")
        await dialog(pilot, AskSecret)
        assert "The database password:" in shown(app)
        await type_text(pilot, "sesame99")
        assert "sesame99" not in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: "F10   BEGIN" in shown(app))
        assert workspace.secrets.environment(["db_password"]) == {"DB_PASSWORD": "sesame99"}


async def test_choices_come_from_the_host(make_workspace: Callable[..., Workspace], host: FakeTransport) -> None:
    host.replies["git tag"] = Reply(b"v3\n\x1b[31mv2\n")
    listed = SHOP.replace('prompt = "Release"', 'prompt = "Release"\nchoices_from = "git tag"\non = "web"')
    app = RunbookApp(make_workspace(listed))
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app)
        await until(pilot, lambda: "↑↓ v3 · v2" in shown(app))
        field = app.screen.query_one("#var-release", Input)
        field.focus()
        await pilot.press("down")
        assert field.value == "v3"


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_the_verdict_shows_at_every_size(workspace: Workspace, size: tuple[int, int]) -> None:
    app = RunbookApp(workspace)
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app)
        await until(pilot, lambda: "F10   BEGIN" in shown(app))
        assert "signs the steps" in shown(app)


@pytest.mark.parametrize(("size", "classes"), [((80, 24), {"narrow", "low"}), ((200, 60), {"wide", "tall"})])
async def test_the_first_layout_is_the_one_of_the_terminals_size(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], classes: set[str]
) -> None:
    had: list[frozenset[str]] = []
    monkeypatch.setattr(SetupScreen, "on_mount", lambda self: had.append(self.classes))
    app = RunbookApp(workspace)
    async with app.run_test(size=size) as pilot:
        app.push_screen(SetupScreen("deploy"))
        await until(pilot, lambda: had)
        assert had[0] >= classes


async def test_a_hint_is_whole_beside_the_field_that_has_the_focus_and_never_cut(
    make_workspace: Callable[..., Workspace],
) -> None:
    prompt = "Which release is to be deployed, by its tag?"
    app = RunbookApp(make_workspace(SHOP.replace('prompt = "Release"', f'prompt = "{prompt}"')))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await until(pilot, lambda: "where two must sign" in shown(app))
        assert "Which release" not in shown(app)
        assert "…" not in shown(app)
        app.screen.query_one("#var-release", Input).focus()
        await until(pilot, lambda: "Which release is to be" in shown(app) and "by its tag?" in shown(app))


async def test_escape_leaves_and_nothing_has_begun(workspace: Workspace) -> None:
    app = RunbookApp(workspace)
    async with app.run_test() as pilot:
        await opened(pilot, app)
        await pilot.press("escape")
        await until(pilot, lambda: "Last deployments" in shown(app))
        assert workspace.store.names() == []


async def test_no_choices_from_a_command_that_fails(
    make_workspace: Callable[..., Workspace], host: FakeTransport
) -> None:
    from tui.execution.beginning.offered_values import OfferedValues

    host.replies["git tag"] = Reply(b"fatal\n", Outcome.exited(128))
    listed = SHOP.replace('prompt = "Release"', 'prompt = "Release"\nchoices_from = "git tag"\non = "web"')
    one = make_workspace(listed)
    given = one.values(Setup(flow="deploy", operator="ana"))
    assert OfferedValues(one.runbook, one.transports, one.secrets, one.clock).choices("release", given) == ()


async def test_a_letter_looks_through_no_screen_for_its_fields(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of five looks took longer than all else that a letter does."""
    app, looks = RunbookApp(workspace), []
    async with app.run_test() as pilot:
        await opened(pilot, app)
        await until(pilot, lambda: "F10   BEGIN" in shown(app))
        query = SetupScreen.query
        monkeypatch.setattr(SetupScreen, "query", lambda screen, *what: (looks.append(what), query(screen, *what))[1])
        await pilot.press("z")
        await until(pilot, lambda: app.screen.query_one("#operator", Input).value.endswith("z"))
    assert looks == []


async def test_the_chosen_method_is_told_without_colours(workspace: Workspace) -> None:
    app = RunbookApp(workspace)
    async with app.run_test() as pilot:
        await opened(pilot, app)
        line = next(line for line in shown(app).splitlines() if "Docker" in line)
        assert "●▍ Docker" in line
        assert " ▍ Manual" in line  # beside the other one, where there is room
        await until(pilot, lambda: "F10   BEGIN" in shown(app))  # until then no field has the focus
        await pilot.press("tab", "tab", "down")  # the arrow chooses: what is marked is what is done

        def chosen(name: str) -> bool:
            return f"●▍ {name}" in shown(app)

        await until(pilot, lambda: chosen("Manual") and not chosen("Docker"))
        assert app.screen.query_one(Methods).value == "manual"


async def test_a_recommended_method_stays_the_chosen_one_wherever_it_stands(
    make_workspace: Callable[..., Workspace],
) -> None:
    """Not the first one, as a list that moves to its first row when it appears would have it."""
    docker, manual = 'title = "Docker"\nrecommended = true', 'title = "Manual"'
    assert docker in SHOP
    app = RunbookApp(
        make_workspace(SHOP.replace(docker, 'title = "Docker"').replace(manual, f"{manual}\nrecommended = true"))
    )
    async with app.run_test() as pilot:
        await opened(pilot, app)
        assert app.screen.query_one(Methods).value == "manual"
        assert "●▍ Manual" in shown(app)
        assert "●▍ Docker" not in shown(app)
        await until(pilot, lambda: "F10   BEGIN" in shown(app))  # until then no field has the focus
        await pilot.press("tab", "tab", "up")
        await until(pilot, lambda: app.screen.query_one(Methods).value == "docker")
        await until(pilot, lambda: "●▍ Docker" in shown(app) and "●▍ Manual" not in shown(app))


@pytest.mark.parametrize("named_elsewhere", [False, True])
async def test_a_directory_that_the_command_line_gave_is_not_asked_for_again(
    tmp_path: Path, named_elsewhere: bool
) -> None:
    path, place = tmp_path / "runbook.toml", str(tmp_path)
    path.write_text(
        SHOP.replace('target = "web"', "local = true")
        .replace("[hosts.tools]\n", '[hosts.tools]\ndirectory = "{{ checkout_dir }}"\n')
        .replace('run = "uptime"', 'run = "ls {{ checkout_dir }}"' if named_elsewhere else 'run = "uptime"')
        .replace("[secrets.", '[variables.checkout_dir]\nprompt = "Where?"\n[secrets.', 1)
    )
    workspace = open_workspace(path, {"tools": f"local:{place}"})
    workspace.here = replace(workspace.here, settings={"checkout_dir": "/nowhere"})
    app = RunbookApp(workspace, Config())
    async with app.run_test(size=(120, 40)) as pilot:
        app.push_screen(SetupScreen("deploy"))
        await until(pilot, lambda: isinstance(app.screen, SetupScreen) and app.screen.query("#var-release"))
        fields = [one.value for one in app.screen.query("#var-checkout_dir").results(Input)]
        assert fields == ([place] if named_elsewhere else [])
        assert isinstance(app.screen, SetupScreen)
        assert workspace.values(app.screen.setup())["checkout_dir"] == place
    workspace.close()


async def test_what_is_usual_is_read_from_sessions_like_the_one_set_up(workspace: Workspace, clock: FakeClock) -> None:
    setup = Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"})
    for _ in range(3):
        conductor = workspace.begin(setup)
        for place, (_, step) in enumerate(conductor.state.plan()):
            clock.advance(0 if place else 1920)
            conductor.skip(step.id, "a test")
        conductor.finish("completed")
        conductor.close()
        clock.advance(7 * 86_400 - 1920)
    app = RunbookApp(workspace, Config(operator="ana"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.usual_planned("deploy", "docker") is not None)
        await pilot.press("d")
        await until(pilot, lambda: "usually 32 m: done ≈ 02:32" in shown(app))
        assert "3 of 5 filled" in shown(app)


@pytest.mark.parametrize("failing", [False, True])
async def test_nothing_that_was_typed_is_lost_by_a_resize_or_a_failing_preflight(
    workspace: Workspace, host: FakeTransport, failing: bool
) -> None:
    app = RunbookApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app)
        await type_text(pilot, "zoe")
        typed = app.screen.query_one("#operator", Input).value
        host.refuses = HostKeyRefused("the key of web is unknown", "call") if failing else None
        await pilot.press("f5")
        for size in ((60, 20), (200, 60), (80, 24)):
            await pilot.resize_terminal(*size)
        await until(pilot, lambda: ("the key of web is unknown" if failing else "F10   BEGIN") in shown(app))
        assert app.screen.query_one("#operator", Input).value == typed


async def test_a_session_that_another_process_has_open_stands_against_a_second_one(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = Setup(flow="deploy", method="docker", operator="ben", variables={"release": "v2"})
    held = workspace.begin(setup)
    assert found_here(workspace, "deploy") == ()  # this program's own
    monkeypatch.setattr("tui.execution.here.os.getpid", lambda: -1)
    (row,) = found_here(workspace, "deploy")
    assert (row.kind, row.name, row.verdict) == ("session", "ben", RowVerdict.FAILED)
    app = RunbookApp(workspace, Config(operator="ana"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "d deploy" in shown(app))
        await pilot.press("d")
        await until(pilot, lambda: "BEGIN while another session is open" in shown(app))
        assert "is open: ana, process" in shown(app)
    held.close()
    assert found_here(workspace, "deploy") == ()


def test_too_little_room_for_the_record_is_told(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found_here(workspace, "deploy") == ()
    monkeypatch.setattr("tui.execution.here.ROOM", 2**70)
    (row,) = found_here(workspace, "deploy")
    assert (row.kind, row.name) == ("disk", "record")
    assert "left for the session's record" in row.detail
    assert meaning(workspace, "deploy", "docker", {("disk", "record"): row}).startswith("with little room")


async def test_the_rows_of_many_hosts_that_come_at_once_are_told_together(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, told = RunbookApp(workspace), 0
    many = [Finding(name=f"web{number:03}", kind="host", verdict=RowVerdict.OK, detail="x") for number in range(200)]
    before = SetupScreen.watch_rows

    def counted(screen: SetupScreen, rows: dict[tuple[str, str], Finding]) -> None:
        nonlocal told
        told += 1
        before(screen, rows)

    monkeypatch.setattr(SetupScreen, "watch_rows", counted)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await until(pilot, lambda: "F10   BEGIN" in shown(app))
        screen, first = app.screen, told
        assert isinstance(screen, SetupScreen)
        for row in many:
            screen.call_later(screen._found, screen._run, row)
        await until(pilot, lambda: ("host", "web199") in screen.rows)
        assert told - first < 20  # each looks at all rows again: it took seconds, in which no key was heard
        assert all(("host", row.name) in screen.rows for row in many)


@pytest.mark.usefixtures("each_paint")
async def test_a_resize_is_laid_out_once_for_its_size_and_its_first_paint_has_the_keys(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    layouts: list[tuple[int, bool]] = []
    rows: list[str] = []
    laid_out, drawn = Screen._refresh_layout, KeysRow.render_line

    def noted(self: Screen[Any], size: Size | None = None, scroll: bool = False) -> None:
        if size is not None and isinstance(self, SetupScreen):
            layouts.append((size.width, self.has_class("wide")))
        laid_out(self, size, scroll)

    def seen(self: KeysRow, y: int) -> Strip:
        rows.append(drawn(self, y).text)
        return drawn(self, y)

    app = RunbookApp(workspace, Config(operator="ana"))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await until(pilot, lambda: "F10   BEGIN" in shown(app))
        monkeypatch.setattr(Screen, "_refresh_layout", noted)
        monkeypatch.setattr(KeysRow, "render_line", seen)
        await pilot.resize_terminal(160, 40)
        await until(pilot, lambda: any(len(row) == 160 for row in rows))
        await pilot.pause()
    assert layouts == [(160, True)], "each further one costs as much as all that a key does"
    assert all(row.endswith("keys") for row in rows if len(row) == 160)
