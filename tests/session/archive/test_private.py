"""Whose hands a session's folder can be in: refused, or made its owner's alone, as OpenSSH's StrictModes would."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.runbooks.runbooks import SMALL
from tests.support.sessions.fake_clock import FakeClock
from tui.cli.wiring import sessions_root
from tui.errors import SessionError
from tui.headless.tables import write_export
from tui.session.archive.store import SessionDirectory, Store
from tui.session.events import NoteAdded
from tui.session.journal import private
from tui.session.journal.private import private_folder, trusted_folder
from tui.session.output.output import OutputWriter, write_mask


@pytest.fixture
def careless() -> Iterator[None]:
    """A umask that takes nothing from anybody."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {str(one.relative_to(folder)): stat.S_IMODE(one.lstat().st_mode) for one in sorted(folder.rglob("*"))}


def begun(root: Path) -> SessionDirectory:
    directory, journal = Store(root).create("deploy", SMALL, FakeClock(), '{"scenario": 1}')
    journal.append(NoteAdded(text="secret plans", operator="ana"))
    writer = OutputWriter(directory.attempts, 1, FakeClock())
    writer.write("out", b"said\n")
    writer.close()
    write_mask(directory.attempts, 1, [])
    journal.close()
    return directory


@pytest.mark.usefixtures("careless")
def test_under_any_umask_folders_are_0700_and_files_0600(tmp_path: Path) -> None:
    begun(tmp_path / "state" / "runbook" / "sessions")
    found = modes(tmp_path)
    assert len(found) > 9
    assert {path for path, mode in found.items() if mode not in (0o700, 0o600)} == set()
    assert found["state"] == found["state/runbook"] == 0o700


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o707, 0o702])
@pytest.mark.parametrize("which", ["", "sessions"])
def test_a_folder_that_everybody_can_write_is_refused(tmp_path: Path, mode: int, which: str) -> None:
    root = tmp_path / "open" / "sessions"
    begun(root)
    (tmp_path / "open" / which).chmod(mode)
    if mode == 0o1777 and not which:  # as /tmp: nobody can take away or rename what is another's there
        assert len(Store(root).names()) == 1
        return
    for act in (lambda: Store(root).names(), lambda: Store(root).find("last"), lambda: begun(root)):
        with pytest.raises(SessionError, match="can be written by everybody on this machine") as refused:
            act()
        assert "chmod go-w" in refused.value.hint
    assert len(list(root.iterdir())) == 1


def test_a_group_of_several_may_not_write_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o770)
    monkeypatch.setattr(private, "_alone", lambda group: False)
    with pytest.raises(SessionError, match="others of its group"):
        Store(tmp_path / "sessions").create("deploy", SMALL, FakeClock())
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(private, "_alone", lambda group: True)  # Debian's group of one
    begun(tmp_path / "sessions")


def test_another_users_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(tmp_path / "sessions")
    monkeypatch.setattr("tui.session.journal.private.os.geteuid", lambda: 54321)
    for act in (trusted_folder, private_folder):
        with pytest.raises(SessionError, match="belongs to another user"):
            act(tmp_path / "sessions")


def test_a_link_is_followed_to_a_folder_that_is_judged_itself(tmp_path: Path) -> None:
    real = tmp_path / "disk" / "sessions"
    begun(real)
    link = tmp_path / "home"
    link.symlink_to(tmp_path / "disk")
    assert len(Store(link / "sessions").names()) == 1
    (tmp_path / "disk").chmod(0o777)
    with pytest.raises(SessionError, match=f"{tmp_path}/disk can be written by everybody"):
        Store(link / "sessions").names()


def test_a_link_that_somebody_else_made_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(tmp_path / "disk")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "disk")
    if os.geteuid():
        pytest.skip("only root can give a link away")
    os.lchown(link, 54321, 54321)
    with pytest.raises(SessionError, match=r"link belongs to another user \(uid 54321\)"):
        Store(link).names()


def test_what_was_opened_to_others_is_closed_again(tmp_path: Path) -> None:
    root = tmp_path / "sessions"
    directory = begun(root)
    root.chmod(0o755)
    directory.path.chmod(0o755)
    Store(root).find("last")
    assert stat.S_IMODE(directory.path.stat().st_mode) == 0o700
    begun(root)
    assert stat.S_IMODE(root.stat().st_mode) == 0o700


def test_a_session_of_somebody_else_is_still_read(tmp_path: Path) -> None:
    directory = begun(tmp_path / "open")
    (tmp_path / "open").chmod(0o777)
    assert Store(tmp_path / "open", ours=False).find("last").journal == directory.journal


def test_a_state_home_that_is_no_whole_path_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the XDG standard says: a session is never in whatever folder one happens to be in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RUNBOOK_SESSIONS", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for given in ("state", "./state", ""):
        monkeypatch.setenv("XDG_STATE_HOME", given)
        assert sessions_root() == tmp_path / "home/.local/state/runbook/sessions"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "gone"))
    assert sessions_root() == tmp_path / "gone/runbook/sessions"


def test_a_journal_whose_file_is_gone_takes_no_more_events(tmp_path: Path) -> None:
    directory, journal = Store(tmp_path / "sessions").create("deploy", SMALL, FakeClock())
    journal.append(NoteAdded(text="before", operator="ana"))
    directory.journal.unlink()
    with pytest.raises(SessionError, match="it was removed"):
        journal.append(NoteAdded(text="after", operator="ana"))
    with pytest.raises(SessionError, match="No such file"):
        journal.reopen()
    journal.close()


def test_an_export_goes_through_no_link_that_lies_in_its_way(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (tmp_path / ".night.md.part").symlink_to(precious)
    write_export(lambda file: file.write(b"night"), tmp_path / "night.md")
    assert precious.read_text() == "mine"
    assert (tmp_path / "night.md").read_bytes() == b"night"
    assert not (tmp_path / "night.md").is_symlink()
    assert stat.S_IMODE((tmp_path / "night.md").stat().st_mode) == 0o600
