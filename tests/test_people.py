"""Two names of one person are one, wherever people are told apart; a user without a name is asked for it."""

import getpass
import unicodedata
from pathlib import Path

import pytest

from tests.support.machines.fake_transport import FakeTransport
from tests.support.runbooks.runbooks import one_section
from tests.support.sessions.fake_clock import FakeClock
from tui.dialogs.sign import second_problem
from tui.errors import NotNow, UsageError
from tui.execution.conductor.by_person.signing import Signing
from tui.execution.workspace import Setup, Workspace
from tui.people import login_name, named_or_login, same_person
from tui.runbook.reading.load import load_text
from tui.session.archive.store import Store
from tui.session.events import SessionHandedOver
from tui.session.journal.journal import read

JOSE = unicodedata.normalize("NFC", "José Ångström")
SAME = [
    unicodedata.normalize("NFD", JOSE),
    unicodedata.normalize("NFKD", JOSE).upper(),
    "  josé   ångström ",
    "\N{FULLWIDTH LATIN CAPITAL LETTER J}osé Ångström",
    "José\N{NO-BREAK SPACE}Ångström",
    "Jo\N{ZERO WIDTH SPACE}sé Ångström",
]
STEP = """
[[sections.steps]]
id = "a"
title = "A"
signoff = "two-person"
[[sections.steps.actions]]
run = "true"
[[sections.steps]]
id = "b"
title = "B"
mutates = true
danger = "destructive"
approve = "second-person"
[[sections.steps.actions]]
run = "restore"
"""


@pytest.mark.parametrize("other", SAME)
def test_a_name_written_otherwise_is_the_same_person(other: str) -> None:
    assert same_person(JOSE, other)
    assert same_person(other, JOSE)
    assert second_problem(other, JOSE) == "the second person must be somebody else"


@pytest.mark.parametrize(("one", "other"), [("ana", "anna"), ("José", "Jose"), ("ana", "ben"), ("Straße", "Strase")])
def test_another_name_is_another_person(one: str, other: str) -> None:
    assert not same_person(one, other)


def test_the_long_and_the_short_way_to_write_one_letter_are_one() -> None:
    assert same_person("STRASSE", "straße")
    assert same_person("\N{LATIN SMALL LIGATURE FI}nn", "Finn")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    text = one_section(STEP, "web")
    return Workspace(load_text(text, "r.toml"), text, Store(tmp_path), {"web": FakeTransport(name="web")}, FakeClock())


@pytest.mark.parametrize("other", SAME)
def test_nobody_is_their_own_second_person(workspace: Workspace, other: str) -> None:
    with pytest.raises(UsageError, match="is the operator as well"):
        workspace.check(Setup(flow="deploy", operator=JOSE, second_operator=other))
    conductor = workspace.begin(Setup(flow="deploy", operator=JOSE))
    with pytest.raises(NotNow, match="second person before it starts"):
        conductor.start("b", "web", other)
    conductor.start("a")
    conductor.wait()
    with pytest.raises(NotNow, match="second person"):
        conductor.sign("a", second_operator=other)
    conductor.close()


def test_continuing_under_another_spelling_hands_nothing_over(workspace: Workspace) -> None:
    workspace.begin(Setup(flow="deploy", operator=JOSE)).close()
    session = workspace.store.names()[-1]
    workspace.resume(session, SAME[0]).close()
    handed = [one for one in read(workspace.store.find(session).journal) if isinstance(one.event, SessionHandedOver)]
    assert not handed
    assert workspace.store.find(session).load()[1].operator == JOSE


def test_a_person_who_signs_by_key_does_so_under_any_spelling_and_shares_it_with_nobody() -> None:
    signing = Signing({JOSE: "one", "Ben": "one"})
    assert all(signing.wants(name) for name in SAME)
    with pytest.raises(NotNow, match="share a key"):
        signing.check(SAME[0], "ben")


@pytest.mark.parametrize("name", ["auto", "AUTO", " Auto "])
def test_nobody_is_called_as_what_signs_by_itself(workspace: Workspace, name: str) -> None:
    for setup in (Setup(flow="deploy", operator=name), Setup(flow="deploy", operator="ana", second_operator=name)):
        with pytest.raises(UsageError, match="stands for what the program signs"):
            workspace.check(setup)


@pytest.mark.parametrize("error", [KeyError("uid not found"), OSError("no name")])
def test_a_user_without_a_name_is_asked_for_it(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def nobody() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert login_name() == ""
    assert named_or_login(" ana ") == "ana"
    with pytest.raises(UsageError, match="no login name"):
        named_or_login("")
