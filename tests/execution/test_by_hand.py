"""Work that is done by hand: done or not and why, with a note and a file that is kept in the session and proved."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machines.fake_transport import FakeTransport
from tests.support.runbooks.runbooks import one_section
from tui.errors import NotNow, RunbookInvalid, SessionError
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.exports.event_words import event_words
from tui.runbook.reading.load import load_text
from tui.session.archive.bundle import opened_session, pack
from tui.session.archive.store import Store
from tui.session.archive.verifying import prove
from tui.session.clock import SystemClock
from tui.session.folding.fold import fold
from tui.session.journal.journal import read
from tui.session.journal.kept_files import FOLDER, MOST
from tui.session.state import StepStatus

STEP = '[[sections.steps]]\nid = "edit"\ntitle = "Edit the heap"\nmanual = "Edit jvm.options on {{ flow }}"\n'
TOP = '[secrets.token]\nvariable = "TOKEN"\nsource = "environment"\n'
AFTER = '[[sections.steps]]\nid = "look"\ntitle = "Look"\nrun = "uptime"\nsecrets = ["token"]\n'


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "sessions")


@pytest.fixture
def conductor(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Conductor]:
    monkeypatch.setenv("TOKEN", "hunter2-secret")
    text = one_section(TOP + STEP + AFTER, "web").replace("format = 1", "format = 2")
    text = text.replace(TOP, "").replace("[flows.deploy]", f"{TOP}[flows.deploy]")
    workspace = Workspace(load_text(text, "r"), text, store, {"web": FakeTransport()}, SystemClock())
    workspace.preflight(Setup(flow="deploy", operator="ana"), lambda row: None)
    made = workspace.begin(Setup(flow="deploy", operator="ana"))
    made.start("edit")
    made.wait()
    yield made
    made.close()


def test_it_waits_for_a_person_and_is_done_when_they_say_so(conductor: Conductor, store: Store, tmp_path: Path) -> None:
    assert conductor.state.step("edit").status is StepStatus.WAITING
    shot = tmp_path / "jvm options.png"
    shot.write_bytes(b"\x89PNG picture")
    conductor.by_hand("edit", True, "set to 8g", [shot])
    step = conductor.state.step("edit")
    assert step.status is StepStatus.SIGNED
    directory = store.find("last")
    (kept,) = (directory.path / FOLDER).iterdir()
    assert kept.name.endswith("-jvm_options.png")
    assert kept.read_bytes() == b"\x89PNG picture"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert step.notes == ("set to 8g", f"evidence: {kept.name} (12 B)")
    happened = list(read(directory.journal))
    assert fold(conductor.runbook, happened) == conductor.state
    (words,) = [
        what for _, _, what in (event_words(one.event, conductor.state) for one in happened) if "answered" in what
    ]
    digest = hashlib.sha256(b"\x89PNG picture").hexdigest()
    assert words == f"answered: done: set to 8g, evidence {kept.name} (SHA-256 {digest})"


def test_what_was_not_done_says_why_and_can_be_done_after_all(conductor: Conductor) -> None:
    with pytest.raises(NotNow, match="needs a note"):
        conductor.by_hand("edit", False, "  ")
    conductor.by_hand("edit", False, "no access")
    assert conductor.state.step("edit").status is StepStatus.FAILED
    (check,) = conductor.state.step("edit").checks[0]
    assert (check.expected, check.came) == ("done by hand", "not done: no access")
    conductor.by_hand("edit", True)
    assert conductor.state.step("edit").status is StepStatus.SIGNED


def test_a_file_with_a_secret_is_not_taken(conductor: Conductor, store: Store, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("token=hunter2-secret\n")
    with pytest.raises(NotNow, match="has a secret of this session in it"):
        conductor.by_hand("edit", True, "", [log])
    assert conductor.state.step("edit").status is StepStatus.WAITING
    assert not (store.find("last").path / FOLDER).exists()


@pytest.mark.parametrize("name", ["gone", ".", "a\0b"])
def test_what_is_no_file_is_said_and_nothing_is_recorded(conductor: Conductor, tmp_path: Path, name: str) -> None:
    before = conductor.state.seq
    with pytest.raises(SessionError):
        conductor.by_hand("edit", True, "", [tmp_path / name])
    assert conductor.state.seq == before


def test_a_file_that_is_too_large_is_not_taken(conductor: Conductor, tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(MOST + 1)
    with pytest.raises(SessionError, match="larger than 20 MB"):
        conductor.by_hand("edit", True, "", [large])


def test_evidence_is_in_the_bundle_and_a_changed_one_is_noticed(
    conductor: Conductor, store: Store, tmp_path: Path
) -> None:
    shot = tmp_path / "shot.txt"
    shot.write_text("as it was")
    conductor.by_hand("edit", True, "", [shot])
    conductor.close()
    directory = store.find("last")
    prove(directory)
    with (tmp_path / "bundle").open("wb") as file:
        pack(directory, file)
    with opened_session(store, str(tmp_path / "bundle")) as unpacked:
        prove(unpacked)
        assert [path.read_text() for path in (unpacked.path / FOLDER).iterdir()] == ["as it was"]
    (kept,) = (directory.path / FOLDER).iterdir()
    kept.write_text("as it is not")
    with pytest.raises(SessionError, match="given as evidence, is not what was recorded"):
        prove(directory)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('expect = { contains = ["x"] }', '"contains" means nothing for manual'),
        ("capture = { name = {} }", "manual gives no value to capture"),
        ('on = "web"', '"on" means nothing for manual'),
    ],
)
def test_what_means_nothing_for_work_by_hand_is_refused(more: str, told: str) -> None:
    with pytest.raises(RunbookInvalid) as caught:
        load_text(one_section(f"{STEP}{more}\n", "web").replace("format = 1", "format = 2"), "r")
    assert told in [problem.message for problem in caught.value.problems]
