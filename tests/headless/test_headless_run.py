from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.machines.fleet import of_group
from tests.support.runbooks.runbooks import SMALL, small
from tests.support.sessions.stored import stored
from tui.errors import HostError, UsageError
from tui.execution.workspace import Setup, Workspace
from tui.headless.answered_run import Exit
from tui.headless.answers import AnswersFile, read_answers
from tui.headless.check import check, exit_status, sections_to_check
from tui.headless.plan import dry_run
from tui.headless.run import run_headless
from tui.runbook.reading.load import load_text
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.outcome import Outcome, OutcomeKind
from tui.session.views.verdicts import CheckRow

SETUP = Setup(flow="deploy", method="docker", operator="ana", second_operator="ben")
ANSWERS = AnswersFile(
    operator="ana", second_operator="ben", confirm=("*", "switch-docker"), answers={"announce": "2"}, messages="copied"
)


@pytest.fixture
def host() -> FakeTransport:
    return FakeTransport({"uptime": Reply(b"load average: 0.1\n"), "git describe": Reply(b"v1\n")})


@pytest.fixture
def workspace(tmp_path: Path, host: FakeTransport, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setenv("DB_PASSWORD", "hunter2-secret")
    made = Workspace(small(), SMALL, Store(tmp_path / "sessions"), {"web": host, "tools": host}, SystemClock())
    yield made
    made.close()


def run(workspace: Workspace, answers: AnswersFile = ANSWERS) -> tuple[Exit, str]:
    said: list[str] = []
    code = run_headless(workspace, SETUP, answers, said.append)
    return code, "\n".join(said)


def result(workspace: Workspace) -> str | None:
    state = next(iter(stored(workspace.store))).state
    assert state is not None
    return state.finished.result if state.finished else None


def test_a_whole_flow_by_answers(workspace: Workspace, host: FakeTransport) -> None:
    code, said = run(workspace)
    assert code is Exit.OK
    assert "✔ signed" in said
    assert result(workspace) == "completed"
    assert host.ran[-1].script == "compose up v2"


@pytest.mark.parametrize(
    ("answers", "code", "words"),
    [
        (
            AnswersFile(confirm=("*",), answers={"announce": "2"}),
            Exit.NOT_CONFIRMED,
            "add 'switch-docker' to `confirm`",
        ),
        (AnswersFile(answers={"announce": "2"}), Exit.NOT_CONFIRMED, "add 'backup' to `confirm`"),
        (AnswersFile(confirm=("*",)), Exit.UNANSWERED, "no answer in the answers file to: How many errors?"),
        (AnswersFile(confirm=("*",), answers={"announce": "9"}), Exit.FAILED, "errors"),
    ],
)
def test_what_is_missing_stops_the_run_and_says_what(
    workspace: Workspace, answers: AnswersFile, code: Exit, words: str
) -> None:
    stopped, said = run(workspace, answers)
    assert stopped is code
    assert words in said
    assert result(workspace) is None


def test_an_unknown_outcome_stops_the_run(workspace: Workspace, host: FakeTransport) -> None:
    host.replies["dump"] = Reply(b"", Outcome(OutcomeKind.UNKNOWN, detail="connection lost"))
    code, said = run(workspace)
    assert code is Exit.UNKNOWN
    assert "UNKNOWN: connection lost" in said


def test_a_failure_can_turn_to_the_rollback(workspace: Workspace, host: FakeTransport) -> None:
    host.replies["compose up v2"] = Reply(b"no such image\n", Outcome.exited(1))
    answers = AnswersFile(
        second_operator="ben",
        confirm=("*", "switch-docker"),
        answers={"announce": "2"},
        on_failure="rollback",
    )
    code, said = run(workspace, answers)
    assert code is Exit.OK
    assert "ROLLBACK rollback: Switch containers failed" in said
    assert host.ran[-1].script == "compose up v1"
    assert result(workspace) == "rolled back"


def test_a_skip_with_a_reason(workspace: Workspace) -> None:
    answers = AnswersFile(skip={"backup": "made at noon", "announce": "quiet", "switch-docker": "rehearsal"})
    code, said = run(workspace, answers)
    assert code is Exit.OK
    assert "skipped" in said
    assert "made at noon" in said


def test_an_unreachable_host_stops_before_a_session_begins(workspace: Workspace, host: FakeTransport) -> None:
    host.refuses = HostError("web: connection refused on port 22", "is sshd running?")
    code, said = run(workspace)
    assert code is Exit.HOST
    assert "is sshd running?" in said
    assert workspace.store.names() == []


def test_a_missing_secret_stops_before_a_session_begins(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DB_PASSWORD")
    code, said = run(workspace)
    assert code is Exit.SECRET
    assert "export DB_PASSWORD" in said
    assert workspace.store.names() == []


def test_a_dry_run_shows_what_would_run_and_runs_nothing(workspace: Workspace, host: FakeTransport) -> None:
    lines = "\n".join(dry_run(workspace, SETUP))
    assert "switch-manual: Switch units (skipped: only by Manual)" in lines
    assert "compose up v2" in lines
    assert "on web (web):" in lines
    assert host.ran == []
    assert workspace.store.names() == []


def test_a_dry_run_says_of_a_group_that_each_host_has_its_own(tmp_path: Path) -> None:
    """It said that the host has no value yet, in each command."""
    step = '[[sections.steps]]\nid = "a"\ntitle = "A"\nrun = "a {{ host }}"\non = "web"\n'
    text = of_group(["web[1:3]"], f'title = "Update"\n{step}')
    workspace = Workspace(load_text(text, "fleet"), text, Store(tmp_path), {}, SystemClock())
    lines = list(dry_run(workspace, Setup(flow="deploy", operator="ana")))
    assert lines[-2:] == ["      on web (web[1:3] (3 hosts)):", "        a HOST"]


def checked(workspace: Workspace) -> list[CheckRow]:
    conductor = workspace.begin(SETUP)
    try:
        return check(conductor, sections_to_check(workspace, ("before",), "deploy"))
    finally:
        conductor.close()


def test_checks_run_the_read_only_steps_only(workspace: Workspace, host: FakeTransport) -> None:
    rows = checked(workspace)
    assert [(row.step, row.verdict, row.target) for row in rows] == [("look", "ok", "web")]
    assert exit_status(rows) == 0
    assert [command.script for command in host.ran] == ["uptime", "git describe"]


@pytest.mark.parametrize(
    ("reply", "verdict", "status"),
    [
        (Reply(b"nothing"), "failed", 21),
        (Reply(b"", Outcome(OutcomeKind.UNREACHABLE, detail="no route")), "no data", 22),
    ],
)
def test_a_check_has_a_verdict_and_an_exit_status(
    workspace: Workspace, host: FakeTransport, reply: Reply, verdict: str, status: int
) -> None:
    host.replies["uptime"] = reply
    rows = checked(workspace)
    assert rows[0].verdict == verdict
    assert exit_status(rows) == status


def test_an_unknown_section_is_named(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="no section nowhere"):
        sections_to_check(workspace, ("nowhere",), "deploy")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("operator = 3", "Expected `str`"),
        ("operater = 'ana'", "unknown field `operater`"),
        ("answers = { anounce = '1', bakup = '2' }", "anounce (did you mean announce?), bakup (did you mean backup?)"),
        ("= 3", "Invalid"),
    ],
)
def test_a_wrong_answers_file_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "answers.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as refused:
        read_answers(path, small())
    assert words in refused.value.message
