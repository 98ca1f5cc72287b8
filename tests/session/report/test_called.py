"""What a session, a step, an attempt and a checklist's item are called: decided once, and the same in every view."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.support.runbooks.runbooks import small
from tests.support.sessions.rolled_back import after, done
from tests.support.sessions.small_session import SmallSession, small_session
from tests.support.sessions.stored import stored
from tui.cli.wiring import resumed_workspace
from tui.exports.html.document import render as to_html
from tui.exports.json import render as to_json
from tui.exports.markdown import render as to_markdown
from tui.exports.report import checklist
from tui.front.parting import parting
from tui.headless.session_list import sessions_report
from tui.screens.home.deployments_text import deployment_line, widths_of
from tui.screens.run.text import check_lines, output_title
from tui.screens.summary.card_text import head_lines, section_lines
from tui.screens.summary.text import Report, details
from tui.session import events as ev
from tui.session.archive.history import read_history
from tui.session.archive.known import KnownSessions
from tui.session.archive.known_state import known_session
from tui.session.archive.store import SessionDirectory
from tui.session.folding.fold import apply
from tui.session.journal.journal import verify
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.state import Attempt, SessionState, StepState, StepStatus, initial, step_by_id
from tui.session.views.called import (
    Called,
    Tone,
    attempt_called,
    attempt_failed,
    failed_attempts,
    items,
    outcome_word,
    over,
    over_at,
    people_words,
    session_called,
    settled_by,
    way_back,
)
from tui.session.views.followups import left
from tui.session.views.handover import handover_summary

__all__ = ["small_session"]

NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
LEFT = "the rollback is not finished"
LOST = Outcome(OutcomeKind.UNKNOWN, detail="the connection was lost")


def attempt(outcome: Outcome | None, judged: bool = True, good: bool = False, action: int = 0) -> Attempt:
    return Attempt(
        number=1,
        step="look",
        action=action,
        host="web",
        command="grep -i error",
        started=NOW,
        seconds=1.0,
        outcome=outcome,
        judged=judged,
        good=good,
    )


@pytest.mark.parametrize(
    ("one", "words", "word", "failed"),
    [
        (attempt(Outcome.exited(0), good=True), "succeeded", "succeeded", False),
        (attempt(Outcome.exited(1), good=True), "succeeded (exit 1, as expected)", "succeeded", False),
        (attempt(Outcome.exited(1)), "failed (exit 1)", "failed", True),
        (attempt(Outcome.exited(0)), "failed (not as expected)", "failed", True),
        (attempt(Outcome.exited(1), judged=False), "ended (exit 1)", "failed", False),
        (attempt(LOST, judged=False), "UNKNOWN: the connection was lost", "unknown", True),
        (
            replace(attempt(LOST, judged=False, good=True), resolved_seq=7, resolved_by="ana"),
            "UNKNOWN: the connection was lost, resolved as succeeded by ana",
            "unknown",
            False,
        ),
        (
            replace(attempt(LOST, judged=False), resolved_seq=7),
            "UNKNOWN: the connection was lost, resolved as failed",
            "unknown",
            True,
        ),
        (attempt(Outcome(OutcomeKind.CANCELLED), judged=False), "cancelled", "cancelled", True),
        (attempt(None, judged=False), "running", "running", False),
    ],
)
def test_an_attempt_is_called_by_what_was_expected_of_it(one: Attempt, words: str, word: str, failed: bool) -> None:
    assert (attempt_called(one), outcome_word(one), attempt_failed(one)) == (words, word, failed)


def finished(result: str, flow: str = "deploy", rolled_back: bool = False, ended: bool = True) -> SessionState:
    state = replace(
        initial(small()),
        started=ev.SessionStarted(session="s", flow=flow, operator="ana", title="Shop", runbook_hash=""),
        finished=ev.SessionFinished(result=result, operator="ana"),
    )
    if not rolled_back:
        return state
    back = ev.RollbackStarted(flow="rollback", operator="ana", reason="errors")
    return replace(state, rollback=back, rollback_finished_at=NOW if ended else None)


@pytest.mark.parametrize(
    ("state", "called"),
    [
        (finished("completed"), Called("deployed", Tone.GOOD)),
        (finished("abandoned"), Called("abandoned", Tone.BAD)),
        (finished("rolled back", rolled_back=True), Called("rolled back", Tone.BAD)),
        (finished("completed", rolled_back=True), Called("deployed; rolled back", Tone.BAD)),
        (
            finished("abandoned", rolled_back=True, ended=False),
            Called(f"abandoned; {LEFT}", Tone.BAD),
        ),
        (finished("rolled back", flow="rollback", rolled_back=True), Called("rolled back", Tone.GOOD)),
        (replace(finished("x"), finished=None), Called("unfinished", Tone.OPEN)),
    ],
)
def test_only_what_was_set_out_for_is_good(state: SessionState, called: Called) -> None:
    assert session_called(state) == called


def test_nobody_is_named_twice_and_a_persons_decision_is_theirs() -> None:
    assert people_words("ben", "ben") == "ben"
    assert people_words("ana", "ben") == "ana and ben"
    assert settled_by(StepState(id="a", operator="auto")) == "automatically"
    assert settled_by(StepState(id="a", operator="auto", decided="ana")) == "by ana's decision"
    assert settled_by(StepState(id="a", operator="ana", second_operator="ben")) == "by ana and ben"


def test_an_item_whose_steps_were_skipped_is_not_done() -> None:
    book = small()
    sections = tuple(
        replace(section, steps=tuple(replace(step, checklist=("backup-made",)) for step in section.steps))
        for section in book.sections
    )
    state = replace(finished("completed"), runbook=replace(book, sections=sections))
    plan = [step.id for _, step in state.plan()]
    stands = {name: StepState(id=name, status=StepStatus.SKIPPED) for name in plan}
    stands[plan[0]] = StepState(id=plan[0], status=StepStatus.SIGNED)
    item = items(replace(state, steps=stands))[0]
    assert (item.done, item.words) == (False, f"1 of {len(plan)} steps done, {len(plan) - 1} skipped")
    rest = {name: StepState(id=name, status=StepStatus.NOT_NEEDED) for name in plan[1:]}
    assert items(replace(state, steps={**stands, **rest}))[0].done


def test_an_attempt_of_no_host_is_on_none() -> None:
    state = replace(
        finished("completed"), attempts={98: replace(attempt(Outcome.exited(1), good=True), number=98, host="")}
    )
    assert output_title(state, 98) == "Output of attempt 98: succeeded (exit 1, as expected) in 1 s"


def text_of(lines: list[list[tuple[str, str]]]) -> str:
    return "\n".join("".join(text for text, _ in line) for line in lines)


@pytest.mark.parametrize("turned_back", [False, True])
def test_every_view_calls_a_session_its_attempts_and_its_checklist_the_same(
    small_session: SmallSession, turned_back: bool
) -> None:
    small_session.do("look")
    if turned_back:
        small_session.do("backup")
        small_session.conductor.roll_back("rollback", "errors")
        small_session.conductor.wait()
    small_session.conductor.finish("completed" if turned_back else "abandoned")
    read = small_session.read()
    directory = small_session.workspace.store.find("last")
    called = session_called(read.state)
    told = Report(read, verify(directory.journal))
    card = told.card(NOW)
    report = text_of(
        [*head_lines(card, read.state, 120, "f"), *section_lines(card, 116, 9), *map(list, details(told, card, NOW))]
    )
    (listed,) = stored(small_session.workspace.store)
    markdown, html = to_markdown(read).decode(), to_html(read).decode()
    data = json.loads(to_json(read))
    assert called.tone is Tone.BAD
    assert called.words.upper() in report
    known = known_session(SessionDirectory(listed.path), read.state)
    row = deployment_line(known, widths_of([known], 160, NOW), 160, NOW, known.runbook)
    assert text_of([row]).startswith(f"{called.sign} ")
    assert f" {called.words}"[:24] in text_of([row])
    assert called.words in sessions_report(small_session.workspace.store, as_json=False)
    assert called.words.upper() in markdown
    assert called.words in html
    assert data["result"] == called.words
    assert "failed attempts" in report
    assert card.failed == failed_attempts(read.state)
    for one in read.state.attempts.values():
        words = attempt_called(one)
        assert words in output_title(read.state, one.number)
        assert words in markdown
        assert words in html
        assert any(words in line for line in check_lines(read.state, step_by_id(read.runbook, one.step)))
    done = {one.title: one.done for one in items(read.state)}
    assert {one.title: one.done for one in checklist(read)} == done
    assert {one["title"]: one["done"] for one in data["checklist"]} == done
    for title, is_done in done.items():
        assert f"{'☑ done' if is_done else '☐ open'} {title}" in report
    assert "by auto" not in report + markdown + html


def over_without_an_end(small_session: SmallSession) -> SessionState:
    """Rolled back to the last step; nobody has recorded that the session is finished."""
    conductor = small_session.conductor
    small_session.do("look")
    conductor.roll_back("rollback", "errors")
    while (step := conductor.state.next_step()) is not None:
        conductor.skip(step.id, "not deployed yet")
    assert conductor.state.rollback_finished_at is not None
    assert conductor.state.finished is None
    return conductor.state


def test_a_session_of_which_nothing_is_left_is_called_so_in_every_view(
    small_session: SmallSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    state = over_without_an_end(small_session)
    store, told = small_session.workspace.store, small_session.read()
    assert session_called(state) == Called("rolled back", Tone.BAD)
    assert over_at(state) == state.rollback_finished_at
    assert way_back(state) == ""
    assert next(iter(stored(store))).finished
    assert sessions_report(store, as_json=False).endswith("rolled back")
    assert json.loads(sessions_report(store, as_json=True))[0]["result"] == "rolled back"
    known = KnownSessions(store).get(store.names()[0])
    assert known.finished
    line = deployment_line(known, widths_of([known], 120, NOW), 120, NOW, known.runbook)
    assert line[0] == ("↺ ", "$st-bad")
    assert "rolled back" in text_of([line])
    assert "ROLLED BACK" in to_markdown(told).decode()
    assert json.loads(to_json(told))["result"] == "rolled back"
    assert "rolled back" in to_html(told).decode()
    assert "runbook resume" not in parting(small_session.conductor).plain
    assert "rolled back" in parting(small_session.conductor).plain
    assert f"Rolled back at {state.rollback_finished_at:%H:%M:%S} UTC: errors" in handover_summary(state)
    assert read_history(store).sessions.keys() == {told.id}
    monkeypatch.setattr("tui.cli.wiring.open_store", lambda: store)
    with resumed_workspace("", None, {}, None) as (_, found):
        assert found == told.id, "that it is finished is still to be recorded"
    other = SmallSession(store.root).conductor
    other.close()
    with resumed_workspace("", None, {}, None) as (_, found):
        assert other.state.started is not None
        assert found == other.state.started.session, "what has steps left comes before it"


def test_a_deployment_whose_steps_are_all_done_may_be_rolled_back_and_leaves_its_follow_ups(
    small_session: SmallSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    conductor = small_session.conductor
    while (step := conductor.state.next_step()) is not None:
        conductor.skip(step.id, "tried")
    state = conductor.state
    assert session_called(state) == Called("deployed", Tone.GOOD)
    assert [one.followup.id for one in left(state)] == [one.id for one in state.runbook.followups]
    conductor.close()
    monkeypatch.setattr("tui.cli.wiring.open_store", lambda: small_session.workspace.store)
    with resumed_workspace("", None, {}, None, undoing=True) as (_, found):
        assert state.started is not None
        assert found == state.started.session


def test_what_a_restart_has_put_in_doubt_is_left_to_do() -> None:
    def boot(name: str) -> ev.HostConnected:
        return ev.HostConnected(host="web", target="web:22", boot_id=name)

    rest = [ev.StepSkipped(step=one, operator="ana", reason="x") for one in ("migrate", "by-hand")]
    held = after(boot("one"), done("code", 1), *rest)
    assert over(held)
    restarted = apply(held, ev.Entry(held.seq + 1, NOW, 0.0, boot("two")))
    assert session_called(restarted) == Called("unfinished", Tone.OPEN)
    assert way_back(restarted) == "runbook resume s"


def test_a_session_that_was_cut_off_before_it_began_is_not_unfinished() -> None:
    assert session_called(initial(small())) == Called("cut off before it began", Tone.BAD)
