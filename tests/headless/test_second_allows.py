"""Without a screen a second person signs at the terminal or elsewhere, is played in a drill, or the run stops."""

import threading
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.sessions.approving import RUNBOOK, People, ran
from tui.drill.made_up.played_second import NAME, PlayedSecond, answer_for
from tui.drill.scenario import PlayedAnswer, Scenario
from tui.execution.approving.answering import answer_to
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.headless.answered_run import Exit
from tui.headless.answers import AnswersFile
from tui.headless.run import run_headless
from tui.runbook.reading.load import load_text
from tui.session import events as ev
from tui.session.archive.store import SessionDirectory, Store
from tui.session.clock import SystemClock
from tui.signing.posted import sign_message
from tui.transports.asking import Asking

pytestmark = pytest.mark.needs("ssh-keygen")
SETUP = Setup(flow="deploy", operator="ana", variables={"table": "notes"})
CONFIRMED = AnswersFile(operator="ana", confirm=("*", "restore", "purge"), skip={"purge": "not the point"})
REPLIES = {"ls": Reply(b"one.sql\n"), "restore": Reply(b"42 rows\n"), "count": Reply(b"ok\n")}


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return People(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def host() -> FakeTransport:
    return FakeTransport(REPLIES, name="web")


@pytest.fixture
def workspace(tmp_path: Path, people: People, host: FakeTransport) -> Workspace:
    runbook = load_text(RUNBOOK, "r.toml")
    return Workspace(
        runbook, RUNBOOK, Store(tmp_path / "sessions"), {"web": host}, SystemClock(), signing=people.signing()
    )


def run(workspace: Workspace, answers: AnswersFile) -> tuple[Exit, str]:
    said: list[str] = []
    return run_headless(workspace, SETUP, answers, said.append), "\n".join(said)


def test_where_nobody_is_asked_the_run_stops_and_says_what_is_missing(
    workspace: Workspace, host: FakeTransport
) -> None:
    workspace.asking = Asking(never=True)
    code, said = run(workspace, replace(CONFIRMED, second_operator="ben"))
    assert code is Exit.NOT_CONFIRMED
    assert "a second person has to sign it, and --ask-never asks nobody" in said
    assert ran(host) == []


def test_the_second_person_signs_at_the_terminal(workspace: Workspace, host: FakeTransport) -> None:
    code, said = run(workspace, replace(CONFIRMED, second_operator="ben"))
    assert code is Exit.OK, said
    assert len(ran(host)) == 2


def test_somebody_without_a_key_there_allows_nothing(workspace: Workspace, host: FakeTransport) -> None:
    code, said = run(workspace, replace(CONFIRMED, second_operator="cem"))
    assert code is Exit.NOT_CONFIRMED
    assert "no key of cem" in said
    assert ran(host) == []


def test_alone_by_the_answers_file_with_its_reason(workspace: Workspace, host: FakeTransport) -> None:
    workspace.asking = Asking(never=True)
    code, said = run(workspace, replace(CONFIRMED, alone={"restore": "nobody answers"}))
    assert code is Exit.OK, said
    code, said = run(workspace, replace(CONFIRMED, skip={}, alone={"restore": "nobody", "purge": "nobody"}))
    assert code is Exit.NOT_CONFIRMED
    assert "Purge the cache cannot start alone" in said


def test_it_waits_for_an_answer_from_elsewhere(workspace: Workspace, host: FakeTransport, people: People) -> None:
    opened: list[tuple[Conductor, SessionDirectory]] = []
    said: list[str] = []

    def answer() -> None:
        conductor, directory = opened[0]
        message = answer_to(directory.load()[1], "restore", "ben", True, "", conductor.now())
        conductor.approvals.received(sign_message(message, people.keys["ben"]))

    def say(line: str) -> None:
        said.append(line)
        if "waits for a second person, until" in line:
            threading.Thread(target=answer).start()

    workspace.opened = lambda conductor, directory: opened.append((conductor, directory))
    assert run_headless(workspace, SETUP, CONFIRMED, say) is Exit.OK, said
    assert sum("waits for a second person, until" in line for line in said) == 1


@pytest.mark.parametrize("answer", [PlayedAnswer(), PlayedAnswer(answer="refuse", reason="the wrong backup")])
def test_the_second_person_of_a_drill_is_played_and_marked(
    tmp_path: Path, host: FakeTransport, answer: PlayedAnswer
) -> None:
    scenario = Scenario(format=1, title="Two", second_person=(answer,))
    runbook, store = load_text(RUNBOOK, "r.toml"), Store(tmp_path / "sessions")
    workspace = Workspace(runbook, RUNBOOK, store, {"web": host}, SystemClock(), drill="Two", pace=0.0)
    workspace.opened = lambda conductor, directory: PlayedSecond(conductor, scenario, workspace.pace).start()
    code, said = run(workspace, replace(CONFIRMED, made_up=True))
    state = store.find("last").load()[1]
    assert (state.approvals["restore"].by, state.approvals["restore"].how) == (NAME, ev.AnsweredBy.DRILL)
    if answer.reason:
        assert (code, ran(host)) == (Exit.NOT_CONFIRMED, [])
        assert f"refused by {NAME}: the wrong backup" in said
    else:
        assert code is Exit.OK, said
        assert len(ran(host)) == 2


def test_the_first_answer_that_fits_a_step_is_given() -> None:
    refusal = PlayedAnswer(answer="refuse", reason="no", steps=("restore",))
    scenario = Scenario(format=1, title="Two", second_person=(refusal, PlayedAnswer(answer="silent")))
    assert answer_for(scenario, "restore") == refusal
    assert answer_for(scenario, "purge").answer == "silent"
    assert answer_for(Scenario(format=1, title="Two"), "purge").answer == "approve"
