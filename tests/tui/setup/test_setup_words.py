"""What the set-up says: what is wrong with it, the rows of the preflight, the band."""

from datetime import UTC, datetime

import pytest

from tests.support.sessions.fake_clock import FakeClock
from tui.execution.preflight import Finding, RowVerdict, facts_words
from tui.execution.workspace import Workspace
from tui.runbook.model import Variable
from tui.screens.setup.form import (
    beside_lines,
    filled,
    folded,
    hint_of,
    label_of,
    meaning,
    preflight_title,
    problems,
    row_lines,
    setup_of,
    verdict_line,
)
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
    rows = drawn(60, whole=True).split("\n")
    assert " ".join(row.strip() for row in rows) == f"{head}{detail}"
    assert any(f"SHA256:abcd{'x' * 35}wxyz" in row for row in rows), "it is compared in one piece"


def test_a_row_of_the_preflight_gives_up_what_is_last_before_it_takes_a_second_line() -> None:
    detail = "174 GiB free on /, 29 % full · the fullest of 2 disks"
    row = Finding(name="web", kind="room", verdict=RowVerdict.OK, detail=detail)
    assert styled(row_lines([row], False, 90)).plain.endswith(detail)
    assert styled(row_lines([row], False, 76)).plain.endswith(" 174 GiB free on /, 29 % full")


def test_what_failed_comes_first_then_what_warns_and_what_is_too_long_hangs_below_its_beginning() -> None:
    rows = [
        Finding(name="web", kind="host", verdict=RowVerdict.OK, detail="deploy@web"),
        Finding(name="web", kind="tools", verdict=RowVerdict.OK, detail="⚠ not found: somethinglong"),
        Finding(name="db", kind="host", verdict=RowVerdict.FAILED, detail="no route to the host", hint="is it up?"),
    ]
    assert styled(row_lines(rows, width=46)).plain.split("\n") == [
        "✖ host    db                 failed",
        "  └ no route to the host",
        "  └→ is it up?",
        "! tools   web                not found:",
        "                             somethinglong",
        "✔ host    web                deploy@web",
    ]


def test_what_stands_beside_a_field_has_room_whole_or_not_at_all() -> None:
    hint, offered = "Which version is to be deployed?", "↑↓ v2 · v1"
    assert beside_lines(hint, offered) == [hint, offered]
    assert beside_lines(hint, offered, 40) == [offered]
    assert beside_lines(hint, "", 32) == [hint]
    assert beside_lines(hint, "", 31) == []
    assert beside_lines("", "") == []


def test_the_form_says_how_much_of_it_is_filled() -> None:
    assert filled({"operator": "ana", "second": " ", "change": "", "override": "x"}, True) == "2 of 4 filled"
    assert filled({"operator": "ana"}, False) == "1 of 1 filled"


def test_the_band_says_what_is_usual_before_what_is_allowed(workspace: Workspace) -> None:
    usual = Usual(1920.0, 1800.0, 2000.0, 5)
    assert meaning(workspace, "deploy", "docker", OK, usual).startswith("4 steps, usually 32 m: done ≈ 02:32, window")


def test_the_band_says_what_it_means_to_begin(workspace: Workspace) -> None:
    assert meaning(workspace, "deploy", "docker", BAD) == "without web: its steps fail"
    words = meaning(workspace, "deploy", "docker", OK)
    assert words.split(",")[0].endswith("steps")
    assert "window closes" in words
    line = "".join(text for text, _ in verdict_line(BAD, {}, "F10", meaning(workspace, "deploy", "docker", BAD)))
    assert line == " F10   BEGIN  without web: its steps fail"


def test_the_hosts_of_a_group_are_one_row_and_those_that_failed_each() -> None:
    groups = {f"web{number:02}": "web" for number in range(1, 41)}
    rows = [Finding(name="lb", kind="host", verdict=RowVerdict.OK, detail="lb@10.0.0.1")]
    for name in groups:
        bad = name in ("web07", "web11")
        verdict = RowVerdict.FAILED if bad else RowVerdict.OK
        rows.append(Finding(name=name, kind="host", verdict=verdict, detail="no route" if bad else f"{name}@10.0.0.2"))
        full = "91 % full" if name == "web03" else "29 % full"
        rows += [] if bad else [Finding(name=name, kind="room", verdict=RowVerdict.OK, detail=full)]
    told = folded(rows, groups)
    assert [(row.kind, row.name, row.detail) for row in told] == [
        ("host", "lb", "lb@10.0.0.1"),
        ("host", "web 38/40", "38 of 40 hosts reached"),
        ("host", "web07", "no route"),
        ("host", "web11", "no route"),
        ("room", "web 38/38", "29 % full · 1 differs"),
    ]
    waits = [Finding(name=name, kind="host", verdict=RowVerdict.WAITING) for name in groups]
    (row,) = folded([*rows[1:2], *waits[1:]], groups)
    assert (row.name, row.verdict) == ("web 1/40", RowVerdict.WAITING)
    lost = [Finding(name=name, kind="host", verdict=RowVerdict.FAILED, detail="no route") for name in groups]
    assert len(folded(lost, groups)) == 40


def test_a_host_of_a_group_that_warns_is_not_hidden_behind_the_others() -> None:
    groups = {f"web{number}": "web" for number in range(1, 6)}

    def found(*details: str) -> list[tuple[str, str]]:
        rows = [
            Finding(name=name, kind="room", verdict=RowVerdict.OK, detail=one)
            for name, one in zip(groups, details, strict=True)
        ]
        return [(row.name, row.detail) for row in folded(rows, groups)]

    low, full, lower = "29 % full", "⚠ 96 % full", "⚠ 99 % full"
    assert found(low, low, full, low, low) == [("web 4/5", low), ("web3", full)]
    assert found(low, full, full, lower, low) == [("web 2/5", low), ("web 2/5", full), ("web4", lower)]
    assert found(*[full] * 5) == [("web 5/5", full)]


def test_what_was_found_and_warns_has_no_tick() -> None:
    good = Finding(name="web", kind="tools", verdict=RowVerdict.OK, detail="34 programs found")
    lacks = Finding(
        name="box", kind="tools", verdict=RowVerdict.OK, detail="⚠ not found, though commands call it: pytest"
    )
    assert styled(row_lines([good])).plain.startswith("✔ tools")
    assert styled(row_lines([lacks])).plain.startswith("! tools   box")
    assert "⚠" not in styled(row_lines([lacks])).plain, "it is said once"
    rows = {(row.kind, row.name): row for row in (good, lacks)}
    assert styled([preflight_title(rows)]).plain == "2 Preflight  ✔ 2 of 2  ! 1 warning"


def test_of_a_preflight_that_failed_it_is_said_how_much_and_each_name_once(workspace: Workspace) -> None:
    bad = [Finding(name="web", kind=kind, verdict=RowVerdict.FAILED, detail="no route") for kind in ("host", "sudo")]
    fine = [Finding(name=f"web{place}", kind="host", verdict=RowVerdict.OK) for place in range(4)]
    rows = {(row.kind, row.name): row for row in (*bad, *fine)}
    assert styled([preflight_title(rows)]).plain == "2 Preflight  ✖ 2 of 6 failed"
    assert meaning(workspace, "deploy", "docker", rows) == meaning(workspace, "deploy", "docker", BAD)
