"""Sign-offs signed by people's keys, verified by this program and by a stock ssh-keygen, and the receipt of the end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import SMALL, small
from tests.support.sessions.signing import SoftKey, make_keys, stock_verify
from tui.errors import JournalDamaged, NotNow, SessionError, SignatureInvalid, SigningRefused
from tui.execution.conductor.by_person.signing import Signing
from tui.execution.conductor.conductor import Conductor
from tui.execution.workspace import Setup, Workspace
from tui.headless.tables import verify_report
from tui.session import events as ev
from tui.session.archive.store import SessionDirectory, Store
from tui.session.clock import SystemClock
from tui.session.journal.receipt import receipt_path
from tui.session.state import StepStatus
from tui.signing.statement import Key

OK = {"uptime": Reply(b"load average: 0.1\n"), "git describe": Reply(b"v1\n")}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def workspace(tmp_path: Path, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setenv("DB_PASSWORD", "hunter2-secret")
    host = FakeTransport(OK)

    def find(wanted: str) -> Key:
        if wanted == "gone":
            raise SigningRefused("the key is gone", "ssh-add it")
        return SoftKey(keys[wanted])

    signing = Signing({"ana": "ed25519", "ben": "rsa", "cem": "gone", "twin": "ed25519"}, find)
    transports = {"web": host, "tools": host}
    made = Workspace(small(), SMALL, Store(tmp_path / "sessions"), transports, SystemClock(), signing=signing)
    yield made
    made.close()


def to_sign(workspace: Workspace, operator: str = "ana", step: str = "backup") -> Conductor:
    setup = Setup(flow="deploy", method="docker", operator=operator, variables={"release": "v2"})
    workspace.preflight(setup, lambda row: None)
    conductor = workspace.begin(setup)
    conductor.start("look")
    conductor.wait()
    conductor.start(step, "yes")
    conductor.wait()
    assert conductor.state.step(step).status is StepStatus.PASSED
    return conductor


def last(workspace: Workspace) -> SessionDirectory:
    return workspace.store.find("last")


def signers(folder: Path, keys: dict[str, Path], **people: str) -> Path:
    lines = [f"{person} {keys[kind].with_suffix('.pub').read_text()}" for person, kind in people.items()]
    (folder / "allowed_signers").write_text("".join(lines))
    return folder / "allowed_signers"


def test_a_signed_sign_off_verifies_here_and_with_a_stock_ssh_keygen(
    workspace: Workspace, tmp_path: Path, keys: dict[str, Path]
) -> None:
    conductor = to_sign(workspace)
    conductor.sign("backup", "looked at the dump")
    conductor.close()
    report = verify_report(last(workspace), signers(tmp_path, keys, ana="ed25519"), proofs=tmp_path / "proofs")
    assert "backup: signed by ana (SHA256:" in report
    command = report.splitlines()[-1]
    good, words = stock_verify(tmp_path / "proofs", command)
    assert good, words
    (statement,) = (tmp_path / "proofs").glob("*.txt.sig")
    text = statement.with_suffix("")
    text.write_bytes(text.read_bytes().replace(b"looked", b"looked away"))
    assert not stock_verify(tmp_path / "proofs", command)[0]


def test_two_people_sign_with_two_keys(workspace: Workspace, tmp_path: Path, keys: dict[str, Path]) -> None:
    conductor = to_sign(workspace, step="switch-docker")
    for second, why in (("", "second person"), ("ANA ", "second person"), ("dora", "no key"), ("twin", "share a key")):
        with pytest.raises(NotNow, match=why):
            conductor.sign("switch-docker", "", second)
    conductor.sign("switch-docker", "", "ben")
    conductor.close()
    report = verify_report(last(workspace), signers(tmp_path, keys, ana="ed25519", ben="rsa"))
    assert "switch-docker: signed by ana (SHA256:" in report
    assert "; signed by ben (SHA256:" in report


def test_a_key_that_does_not_sign_records_nothing(workspace: Workspace) -> None:
    conductor = to_sign(workspace, "cem")
    with pytest.raises(SigningRefused, match="the key is gone"):
        conductor.sign("backup")
    assert conductor.state.step("backup").status is StepStatus.PASSED
    conductor.close()


def test_a_key_that_nobody_vouches_for_fails_the_verification(
    workspace: Workspace, tmp_path: Path, keys: dict[str, Path]
) -> None:
    conductor = to_sign(workspace)
    conductor.sign("backup")
    conductor.close()
    assert "no list of signers" in verify_report(last(workspace))
    with pytest.raises(SignatureInvalid, match="does not vouch for"):
        verify_report(last(workspace), signers(tmp_path, keys, ana="rsa"))


def test_what_happens_to_a_step_while_its_key_waits_for_a_touch_voids_the_sign_off(
    workspace: Workspace, keys: dict[str, Path]
) -> None:
    conductor = to_sign(workspace)

    def find(wanted: str) -> Key:
        conductor.note("wait, look at this first", "backup")
        return SoftKey(keys[wanted])

    conductor.signing = Signing({"ana": "ed25519"}, find)
    with pytest.raises(NotNow, match="something happened"):
        conductor.sign("backup")
    assert conductor.state.step("backup").status is StepStatus.PASSED
    conductor.close()


def test_who_is_not_named_in_the_settings_signs_by_name(workspace: Workspace) -> None:
    conductor = to_sign(workspace, "dora")
    conductor.sign("backup")
    conductor.close()
    assert "1 of 1 sign-offs by people are by name only" in verify_report(last(workspace))


def test_the_receipt_shows_a_cut_off_end(workspace: Workspace) -> None:
    conductor = to_sign(workspace)
    conductor.sign("backup")
    conductor.finish("abandoned")
    receipt = conductor.receipt()
    conductor.wait()
    conductor.close()
    directory = last(workspace)
    assert "the receipt fits" in verify_report(directory, receipt=receipt)
    with pytest.raises(SessionError, match="is not a receipt"):
        verify_report(directory, receipt="hello")
    lines = directory.journal.read_bytes().splitlines(keepends=True)
    changed = lines[int(receipt.partition(":")[0]) - 1].replace(b"abandoned", b"completed")
    for kept, why in ((lines[:-2], "cut off"), ([*lines[:-2], changed], "not the line")):
        directory.journal.write_bytes(b"".join(kept))
        with pytest.raises(JournalDamaged, match="its receipt speaks of"):
            verify_report(directory)
        own = receipt_path(directory.journal)
        own.rename(own.with_suffix(".away"))  # a person who can cut a journal can remove what lies beside it
        verify_report(directory)
        with pytest.raises(JournalDamaged, match=why):
            verify_report(directory, receipt=receipt)
        own.with_suffix(".away").rename(own)


def test_nothing_is_asked_of_a_key_for_a_step_that_signs_itself(workspace: Workspace) -> None:
    asked: list[str] = []
    workspace.signing = Signing({"ana": "x", "auto": "x"}, lambda wanted: asked.append(wanted))  # type: ignore[arg-type,return-value]  # it never answers
    conductor = workspace.begin(Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"}))
    conductor.start("look")
    conductor.wait()
    assert conductor.state.step("look").status is StepStatus.SIGNED
    assert asked == []
    conductor.record(ev.NoteAdded(text="done", operator="ana"))
    conductor.close()
