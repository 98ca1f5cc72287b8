"""Searching all sessions: what is found, when it was, and what cannot be."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tests.support.sessions.recorded import Writer, written
from tui.errors import UsageError
from tui.headless.found import search_report, time_of
from tui.session import events as ev
from tui.session.archive.searching import ArchiveHit, Unread, Wanted, Where, search
from tui.session.archive.store import Store
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.output.output import OutputWriter, write_mask

Search = Callable[..., list[ArchiveHit]]


@pytest.fixture
def nights(tmp_path: Path) -> list[Writer]:
    return [written(tmp_path, seed, 60, shaky=False) for seed in (1, 2)]


@pytest.fixture
def find(nights: list[Writer], tmp_path: Path) -> Search:
    def found(**wanted: object) -> list[ArchiveHit]:
        return [one for one in search(Store(tmp_path), Wanted(**wanted)) if isinstance(one, ArchiveHit)]

    return found


def test_output_is_found_with_its_line_and_the_time_it_came(nights: list[Writer], find: Search) -> None:
    for night in nights:
        for number, attempt in night.state.attempts.items():
            text = (night.directory.attempts / f"{number:04d}.out").read_text().splitlines()
            found = [
                one for one in find(text=f" of {number}", where=frozenset({Where.OUTPUT})) if one.attempt == number
            ]
            here = [one for one in found if one.session == night.directory.id]
            assert [(one.line, one.text) for one in here] == list(enumerate(text, 1))
            assert all(one.step == attempt.step for one in here)
            assert all(attempt.started <= one.at <= attempt.started + timedelta(seconds=60) for one in here)


def test_commands_and_notes_are_found(nights: list[Writer], find: Search) -> None:
    commands = find(text="run 1", where=frozenset({Where.COMMANDS}))
    assert {one.text for one in commands} >= {"run 1"}
    assert all(one.line == 0 and one.attempt for one in commands)
    notes = find(text="because", where=frozenset({Where.NOTES}))
    assert {one.text for one in notes} == {"because"}
    assert all(one.attempt == 0 for one in notes)


def test_the_newest_session_comes_first(nights: list[Writer], find: Search) -> None:
    sessions = [one.session for one in find(text="line 0")]
    assert sessions == sorted(sessions, reverse=True)
    assert len(set(sessions)) == 2


@pytest.mark.parametrize("step", ["look", "backup"])
def test_a_step_narrows_it_down(find: Search, step: str) -> None:
    found = find(text="line", step=step)
    assert found
    assert {one.step for one in found} == {step}


@pytest.mark.parametrize("outcome", ["failed", "succeeded", "unknown", "cancelled"])
def test_an_outcome_narrows_it_down(nights: list[Writer], find: Search, outcome: str) -> None:
    words = {"failed": Outcome.exited(3), "succeeded": Outcome.exited(0)}
    found = {(one.session, one.attempt) for one in find(outcome=outcome)}
    wanted = {
        (night.directory.id, number)
        for night in nights
        for number, one in night.state.attempts.items()
        if (one.outcome == words[outcome] if outcome in words else one.outcome.kind.value.casefold() == outcome)
    }
    assert found == wanted
    assert found


def test_the_reason_of_a_decision_is_found_by_the_step_of_its_attempt(tmp_path: Path) -> None:
    night = Writer(tmp_path, 1, shaky=False)
    night.put(ev.AttemptStarted(attempt=1, step="backup", action=0, host="web", command="dump", mutates=True))
    night.put(ev.AttemptFinished(attempt=1, outcome=Outcome(OutcomeKind.UNKNOWN), seconds=1.0))
    night.put(ev.OutcomeResolved(attempt=1, operator="ana", succeeded=True, reason="the dump is there"))
    night.close()
    wanted = Wanted(text="the dump", where=frozenset({Where.NOTES}), step="backup")
    assert [one.step for one in search(Store(tmp_path), wanted) if isinstance(one, ArchiveHit)] == ["backup"]


def test_a_host_narrows_it_down(find: Search) -> None:
    assert find(text="line", host="web")
    assert find(text="line", host="elsewhere") == []


def test_times_narrow_it_down(nights: list[Writer], find: Search) -> None:
    everything = find(text="line")
    middle = sorted(one.at for one in everything)[len(everything) // 2]
    before, after = find(text="line", until=middle), find(text="line", since=middle)
    assert all(one.at <= middle for one in before)
    assert all(one.at >= middle for one in after)
    assert {*map(str, before), *map(str, after)} == set(map(str, everything))
    assert find(text="line", until=nights[0].entries[0].at - timedelta(days=1)) == []


def test_a_capital_letter_asks_for_its_case(find: Search) -> None:
    assert find(text="line 0")
    assert find(text="Line 0") == []


def test_a_secret_is_never_found(nights: list[Writer], find: Search) -> None:
    attempts = nights[0].directory.attempts
    for path in attempts.glob("0001.*"):
        path.unlink()
    writer = OutputWriter(attempts, 1, nights[0].clock)
    writer.write("out", b"token hunter2-secret end\n")
    writer.close()
    write_mask(attempts, 1, [(6, 20)])
    assert find(text="hunter2") == []
    assert [one.text for one in find(text="token")] == ["token ••• end"]


def test_it_ends_when_it_is_told_to(nights: list[Writer], tmp_path: Path) -> None:
    assert list(search(Store(tmp_path), Wanted(text="line"), lambda: True)) == []


def test_a_session_that_cannot_be_read_is_told_and_the_others_are_searched(
    nights: list[Writer], tmp_path: Path
) -> None:
    nights[1].directory.journal.write_bytes(b"nonsense\n")
    said: list[str] = []
    assert search_report(search(Store(tmp_path), Wanted(text="line 0")), False, said.append) == 6
    assert nights[0].directory.id in said[0]
    assert said[-1].startswith(f"? {nights[1].directory.id} cannot be read")
    assert any(isinstance(one, Unread) for one in search(Store(tmp_path), Wanted(text="nowhere")))


def test_the_report_ends_as_grep_does(nights: list[Writer], tmp_path: Path) -> None:
    said: list[str] = []
    assert search_report(search(Store(tmp_path), Wanted(text="nowhere")), False, said.append) == 1
    assert said == []
    assert search_report(search(Store(tmp_path), Wanted(text="line 0")), True, said.append) == 0
    first = msgspec.json.decode(said[0], type=ArchiveHit)
    assert first.text.startswith("line 0 of")


def test_a_time_without_a_zone_is_utc() -> None:
    assert time_of("") is None
    assert str(time_of("2026-11-24")) == "2026-11-24 00:00:00+00:00"
    assert str(time_of("2026-11-24T02:31+02:00")) == "2026-11-24 02:31:00+02:00"
    with pytest.raises(UsageError, match="'yesterday' is not a date"):
        time_of("yesterday")
