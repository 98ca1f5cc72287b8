from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.support.fake_clock import FakeClock
from tests.support.fake_transport import FakeTransport, Reply
from tests.tui.conftest import SHOP, dialog, journal, shown, type_text, until
from tui.app import RunbookApp
from tui.cli.wiring import open_workspace
from tui.config import Config
from tui.dialogs.ask import AskSecret
from tui.errors import HostKeyRefused
from tui.execution.here import found_here
from tui.execution.preflight import Finding, RowVerdict, facts_words
from tui.execution.workspace import Setup, Workspace
from tui.runbook.model import Variable
from tui.screens.setup.fields import Methods
from tui.screens.setup.form import filled, hint_of, label_of, meaning, problems, row_lines, setup_of, verdict_line
from tui.screens.setup.screen import SetupScreen
from tui.session import events as ev
from tui.session.outcome import Outcome
from tui.session.views.usual import Usual
from tui.text.block import styled
from tui.transports.base import HostFacts

OK = {("host", "web"): Finding(name="web", kind="host", verdict=RowVerdict.OK)}
BAD = {("host", "web"): Finding(name="web", kind="host", verdict=RowVerdict.FAILED, detail="no route", hint="call")}
MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def good(**changes: str) -> dict[str, str]:
    return {"operator": "ana", "var-release": "v2", **changes}


def wrong(workspace: Workspace, given: dict[str, str], rows: dict[tuple[str, str], Finding] = OK) -> dict[str, str]:
    return problems(workspace, setup_of(workspace, "deploy", "docker", given), given, rows)


def test_nothing_is_wrong_with_a_whole_setup(workspace: Workspace) -> None:
    assert wrong(workspace, good()) == {}


def test_every_problem_is_told_at_once_by_its_field(workspace: Workspace, clock: FakeClock) -> None:
    clock.start = MONDAY
    found = wrong(workspace, {"operator": " ", "var-release": "2.0"}, {})
    assert list(found) == ["operator", "var-release", "reason", "preflight"]
    assert "does not match" in found["var-release"]


def test_a_session_does_not_begin_while_more_is_checked(workspace: Workspace) -> None:
    setup = setup_of(workspace, "deploy", "docker", good())
    assert list(problems(workspace, setup, good(), OK, checking=True)) == ["preflight"]


def test_two_people_are_two(workspace: Workspace) -> None:
    assert "somebody else" in wrong(workspace, good(second="ana"))["second"]


def test_a_failed_preflight_needs_a_reason_that_is_recorded(workspace: Workspace) -> None:
    assert "override" in wrong(workspace, good(), BAD)
    given = good(override="web is being rebuilt")
    assert wrong(workspace, given, BAD) == {}
    assert setup_of(workspace, "deploy", "docker", given).reason == "preflight overridden: web is being rebuilt"


def test_the_line_says_what_is_left_to_do() -> None:
    def words(rows: dict[tuple[str, str], Finding], left: dict[str, str], means: str = "", width: int = 0) -> str:
        return "".join(text for text, _ in verdict_line(rows, left, "F10", means, width))

    assert words(OK, {}) == " F10   BEGIN  "
    assert words(BAD, {"override": "x", "reason": "y"}) == "◆ 2 fields to fill in or correct"
    assert words({}, {"preflight": "the preflight is still running"}) == "▶ The preflight is still running"
    open_ = "while another session is open"
    assert words(BAD, {"override": "x"}, open_, 76) == f"◆ 1 field to fill in or correct · BEGIN {open_}"
    assert words(BAD, {"override": "x"}, open_, 60).endswith("…")


def test_rows_are_safe_for_a_terminal() -> None:
    row = Finding(name="web", kind="host", verdict=RowVerdict.FAILED, detail="\x1b[31mno[/foo]", hint="\x07call")
    text = styled(row_lines([row])).plain
    assert "no[/foo]" in text
    assert "→ call" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("off", "told"),
    [
        (None, ""),
        (0.0, ""),
        (-3.0, ""),
        (192.0, " · ⚠ its clock is 3 m ahead"),
        (-61.0, " · ⚠ its clock is 1 m behind"),
    ],
)
def test_a_host_whose_clock_is_wrong_is_told(off: float | None, told: str) -> None:
    facts = HostFacts(target="web:22", user="deploy", connect_seconds=0.026, clock_off=off)
    assert facts_words(facts) == f"deploy@web:22 · 26 ms{told}"


async def opened(pilot: Pilot[Any], app: RunbookApp) -> None:
    await until(pilot, lambda: "None yet" in shown(app))
    await pilot.press("d")
    await until(pilot, lambda: isinstance(app.screen, SetupScreen) and "Preflight" in shown(app))


async def test_a_session_begins_as_it_was_set_up(workspace: Workspace) -> None:
    app = RunbookApp(workspace, Config(operator="ana", variables={"release": "v3"}))
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
    from tui.execution.beginning.offered_values import choices_from

    host.replies["git tag"] = Reply(b"fatal\n", Outcome.exited(128))
    listed = SHOP.replace('prompt = "Release"', 'prompt = "Release"\nchoices_from = "git tag"\non = "web"')
    one = make_workspace(listed)
    given = one.values(Setup(flow="deploy", operator="ana"))
    assert choices_from(one.runbook, "release", given, one.transports, one.secrets, one.clock) == ()


async def test_the_chosen_method_is_told_without_colours(workspace: Workspace) -> None:
    app = RunbookApp(workspace)
    async with app.run_test() as pilot:
        await opened(pilot, app)
        line = next(line for line in shown(app).splitlines() if "Docker" in line)
        assert "●▍ Docker" in line
        assert " ▍ Manual" in line  # beside the other one, where there is room
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
    app = RunbookApp(workspace, Config(variables={"checkout_dir": "/nowhere"}))
    async with app.run_test(size=(120, 40)) as pilot:
        app.push_screen(SetupScreen("deploy"))
        await until(pilot, lambda: isinstance(app.screen, SetupScreen) and app.screen.query("#var-release"))
        fields = [one.value for one in app.screen.query("#var-checkout_dir").results(Input)]
        assert fields == ([place] if named_elsewhere else [])
        assert isinstance(app.screen, SetupScreen)
        assert workspace.values(app.screen.setup())["checkout_dir"] == place
    workspace.close()


def test_a_name_that_is_too_long_for_a_label_is_the_variables_and_its_prompt_stands_beside() -> None:
    assert label_of("release", "Release") == "Release"
    assert label_of("planned_date", "Date of the deployment, for the notification") == "planned date"
    assert hint_of(Variable(prompt="Date of the deployment", optional=True)) == "Date of the deployment – optional"
    assert hint_of(Variable(prompt="Release")) == ""


def test_a_fingerprint_is_short_until_the_rows_are_selected() -> None:
    key = "SHA256:" + "abcd" + "x" * 35 + "wxyz"
    row = Finding(name="web", kind="host", verdict=RowVerdict.OK, detail=f"deploy@web:22 · {key} · 26 ms")
    assert "SHA256:abcd…wxyz · 26 ms" in styled(row_lines([row], whole=False)).plain
    assert key in styled(row_lines([row], whole=True)).plain


def test_a_row_of_the_preflight_gives_up_the_key_before_it_takes_a_second_line() -> None:
    detail = f"deploy@web.example:22 · web-1 · ssh-ed25519 SHA256:abcd{'x' * 35}wxyz · 26 ms"
    row = Finding(name="web", kind="host", verdict=RowVerdict.OK, detail=detail)
    head = "✔ host    web                "

    def drawn(width: int, whole: bool = False) -> str:
        return styled(row_lines([row], whole, width)).plain

    assert drawn(116) == f"{head}deploy@web.example:22 · web-1 · ssh-ed25519 SHA256:abcd…wxyz · 26 ms"
    assert drawn(76) == f"{head}deploy@web.example:22 · web-1 · 26 ms"
    assert drawn(60) == f"{head}deploy@web.example:22 · 26 ms"
    assert drawn(60, whole=True) == f"{head}{detail}"


def test_the_form_says_how_much_of_it_is_filled() -> None:
    assert filled({"operator": "ana", "second": " ", "change": "", "override": "x"}, True) == "2 of 4 filled"
    assert filled({"operator": "ana"}, False) == "1 of 1 filled"


def test_the_band_says_what_is_usual_before_what_is_allowed(workspace: Workspace) -> None:
    usual = Usual(1920.0, 1800.0, 2000.0, 5)
    assert meaning(workspace, "deploy", "docker", OK, usual).startswith("4 steps, usually 32 m: done ≈ 02:32, window")


async def test_what_is_usual_is_read_from_sessions_like_the_one_set_up(workspace: Workspace, clock: FakeClock) -> None:
    setup = Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"})
    for _ in range(3):
        conductor = workspace.begin(setup)
        for _, step in conductor.state.plan():
            conductor.skip(step.id, "a test")
        clock.advance(1920)
        conductor.finish("completed")
        conductor.close()
        clock.advance(7 * 86_400 - 1920)
    app = RunbookApp(workspace, Config(operator="ana"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.usual_planned("deploy", "docker") is not None)
        await pilot.press("d")
        await until(pilot, lambda: "usually 32 m: done ≈ 02:32" in shown(app))
        assert "3 of 5 filled" in shown(app)


def test_the_band_says_what_it_means_to_begin(workspace: Workspace) -> None:
    assert meaning(workspace, "deploy", "docker", BAD) == "without web: what needs it will fail"
    words = meaning(workspace, "deploy", "docker", OK)
    assert words.split(",")[0].endswith("steps")
    assert "window closes" in words
    line = "".join(text for text, _ in verdict_line(BAD, {}, "F10", meaning(workspace, "deploy", "docker", BAD)))
    assert line == " F10   BEGIN  without web: what needs it will fail"


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
