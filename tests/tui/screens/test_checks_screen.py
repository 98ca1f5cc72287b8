"""The table of checks: made at once by one key, each row as it comes, made again where it is not well."""

import time
from collections.abc import Callable, Iterator

from rich.cells import cell_len

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.screens.running import running
from tests.tui.conftest import SHOP, shown, until
from tui.execution.workspace import Workspace
from tui.screens.checks.screen import ChecksScreen
from tui.screens.checks.table import CheckTable
from tui.screens.checks.text import EXPECTED, detail, head, ordered, row_pieces, sizes
from tui.screens.run.session import SessionScreen
from tui.session.outcome import Outcome
from tui.session.state import StepStatus
from tui.session.views.verdicts import FAILED, NO_DATA, OK, RUNNING, TO_DO, WARNING, CheckRow

MORE = SHOP.replace(
    '[[sections.steps]]\nid = "backup"',
    '[[sections.steps]]\nid = "disk"\ntitle = "Disk"\n[[sections.steps.actions]]\nrun = "df"\n'
    'expect = { numbers = [{ name = "disk", pattern = "([0-9]+)%", below = 90, unit = "%" }] }\n'
    '[[sections.steps]]\nid = "backup"',
    1,
)


async def test_x_makes_the_sections_checks_at_once_and_enter_those_that_failed(
    make_workspace: Callable[..., Workspace], host: FakeTransport
) -> None:
    host.replies["df"] = Reply(b"95%\n")
    workspace = make_workspace(MORE)
    async with running(workspace, (80, 24)) as (app, pilot):
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, ChecksScreen))
        await until(pilot, lambda: "✖ 1 failed  ✔ 1 ok" in shown(app) and "expected disk below 90 %" in shown(app))
        seen = shown(app)
        assert "✖ Disk" in seen
        assert "95 %" in seen
        assert app.conductor.state.step("look").status is StepStatus.SIGNED
        host.replies["df"] = Reply(b"50%\n")
        await pilot.press("enter")
        await until(pilot, lambda: "✔ 2 ok" in shown(app))
        await until(pilot, lambda: not app.conductor.busy)
        await pilot.press("enter")
        await until(pilot, lambda: any("very check has passed" in one.message for one in app._notifications))
        assert {one.severity for one in app._notifications} == {"information"}, "that all is well is not trouble"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        assert app.conductor.state.next_step().id == "backup"


async def test_a_lost_measurement_is_no_data(make_workspace: Callable[..., Workspace], host: FakeTransport) -> None:
    from tui.session.outcome import OutcomeKind

    host.replies["df"] = Reply(outcome=Outcome(OutcomeKind.TIMED_OUT, detail="after 20 s"))
    workspace = make_workspace(MORE)
    async with running(workspace, (120, 40)) as (app, pilot):
        await pilot.press("x")
        await until(pilot, lambda: "? 1 no data" in shown(app))
        assert "after 20 s" in shown(app)


async def test_where_nothing_can_be_checked_at_once_it_says_so(workspace: Workspace) -> None:
    async with running(workspace) as (app, pilot):
        app.conductor.start("look")
        await until(pilot, lambda: not app.conductor.busy)
        await pilot.press("x")
        await pilot.pause()
        assert isinstance(app.screen, SessionScreen)


def check(step: str, verdict: str = OK, **words: str) -> CheckRow:
    return CheckRow(section="s", step=step, title=words.pop("title", f"Check {step}"), verdict=verdict, **words)


def line(row: CheckRow, width: int, rows: list[CheckRow]) -> str:
    return "".join(text for text, _ in row_pieces(row, sizes(rows, width)))


def test_what_failed_stands_first_and_the_rest_keeps_its_order() -> None:
    verdicts = {"a": OK, "b": RUNNING, "c": WARNING, "d": FAILED, "e": TO_DO, "f": NO_DATA}
    rows = ordered([check(step, verdict) for step, verdict in verdicts.items()])
    assert "".join(row.step for row in rows) == "dfcabe"


def test_no_row_is_longer_than_its_table() -> None:
    rows = [
        check("a", FAILED, title="Celery tasks " * 8, came="no worker answered " * 9, expected="answers " * 12),
        check("b", OK, title="HTTP", came="200", expected="200"),
    ]
    for width in range(56, 250):
        columns = sizes(rows, width)
        assert all(cell_len(line(row, width, rows)) < width for row in rows)
        assert cell_len(head(columns)[0][0]) < width
        assert columns.expected == 0 or columns.expected >= EXPECTED


def test_what_was_expected_gives_way_before_what_came() -> None:
    rows = [
        check(
            "a", FAILED, title="T" * 20, came="no worker answered at all", expected="answers within 10 s and no later"
        )
    ]
    columns = [sizes(rows, width) for width in range(140, 50, -1)]
    shrinking = next(one for one in columns if one.expected < len(rows[0].expected))
    assert shrinking.came >= len(rows[0].came)
    assert columns[-1].expected == 0
    assert [one.expected for one in columns] == sorted((one.expected for one in columns), reverse=True)


def test_everything_about_the_selected_check_is_there_whole() -> None:
    words = "Error: no nodes replied within the time constraint of this deployment, " * 3
    row = check("a", FAILED, came=words.strip(), expected="answers within 10 s", look="docker logs", target="workers_a")
    lines = detail(row, 60, "Celery workers not processing", "t")
    told = " ".join("".join(text for text, _ in line).strip() for line in lines)
    assert all(sum(cell_len(text) for text, _ in line) <= 60 for line in lines)
    assert f"failed on workers_a: {words.strip()} expected answers within 10 s docker logs" in told
    assert "looks like Celery workers not processing   t opens it" in told


BACKUP = '[[sections.steps]]\nid = "backup"'


def with_more(steps: str) -> str:
    """The runbook with more checks in its first section."""
    return MORE.replace(BACKUP, steps + BACKUP, 1)


def step(name: str, command: str, rest: str = "") -> str:
    return (
        f'[[sections.steps]]\nid = "{name.lower()}"\ntitle = "{name}"\n'
        f'[[sections.steps.actions]]\nrun = "{command}"\n{rest}'
    )


async def test_keys_clicks_and_the_wheel_move_through_the_checks(
    make_workspace: Callable[..., Workspace], host: FakeTransport
) -> None:
    host.replies["df"] = Reply(b"95%\n")
    async with running(
        make_workspace(with_more("".join(step(f"Check{place}", "uptime") for place in range(40)))), (80, 24)
    ) as (app, pilot):
        await pilot.press("x")
        await until(pilot, lambda: "✖ 1 failed  ✔ 41 ok" in shown(app))
        table = app.screen.query_one(CheckTable)
        assert table.selected.title == "Disk", "the first row, which is what failed"
        await pilot.press("down", "down")
        assert table.place == 2
        await pilot.press("end")
        await until(pilot, lambda: "❯ ✔ Check39" in shown(app))
        assert "✔ Check39  ok on web: exit status 0" in shown(app)
        await pilot.press("home", "pagedown")
        assert table.place > 5
        await pilot.click(CheckTable, offset=(10, 3))
        assert table.place == table.scroll_offset.y + 3
        before = table.scroll_offset.y
        table.action_end(last=False)
        await pilot.pause()
        assert table.scroll_offset.y == 0 < before + 1


async def test_enter_runs_the_selected_one_again_and_r_all_that_are_not_well(
    make_workspace: Callable[..., Workspace], host: FakeTransport
) -> None:
    number = 'expect = { numbers = [{ pattern = "([0-9]+)%", below = 90 }] }\n'
    host.replies |= {"df": Reply(b"95%\n"), "free": Reply(b"96%\n")}
    async with running(make_workspace(with_more(step("Swap", "free", number))), (120, 40)) as (app, pilot):
        await pilot.press("x")
        await until(pilot, lambda: "✖ 2 failed  ✔ 1 ok" in shown(app) and not app.conductor.busy)
        host.replies |= {"df": Reply(b"50%\n"), "free": Reply(b"50%\n")}
        await pilot.press("down")
        await until(pilot, lambda: "❯ ✖ Swap" in shown(app))
        await pilot.press("enter")
        await until(pilot, lambda: "✖ 1 failed  ✔ 2 ok" in shown(app) and not app.conductor.busy)
        assert app.conductor.state.step("disk").status is StepStatus.FAILED
        assert len(app.conductor.state.step("disk").attempts) == 1
        await pilot.press("r")
        await until(pilot, lambda: "✔ 3 ok" in shown(app))


def test_ten_thousand_checks_are_drawn_as_quickly_as_ten() -> None:
    rows = [check(str(place), (OK, FAILED)[place % 7 == 0], came="200", expected="200") for place in range(10_000)]

    def times() -> Iterator[float]:
        for _ in range(5):
            begun = time.process_time()
            columns = sizes(ordered(rows), 120)
            [row_pieces(row, columns) for row in rows[:60]]
            yield time.process_time() - begun

    assert min(times()) < 0.25
