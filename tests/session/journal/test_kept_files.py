"""Evidence that somebody gives: it has its name once it is whole, since others read what has one."""

from pathlib import Path

import pytest

from tui.errors import SessionError
from tui.session.journal.kept_files import FOLDER, keep_evidence


def named(folder: Path) -> list[str]:
    return [path.name for path in (folder / FOLDER).glob("[!.]*")]


def test_a_file_has_its_name_once_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who hands a session on reads each file once: half of one would never come whole."""
    replace, seen = Path.replace, []

    def replaced(self: Path, target: Path) -> Path:
        seen.append((named(tmp_path), self.read_bytes()))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", replaced)
    kept = keep_evidence(tmp_path, 7, Path("screen.png"), b"a picture")
    assert seen == [([], b"a picture")]
    assert named(tmp_path) == [kept.name] == ["0007-screen.png"]
    assert len(list((tmp_path / FOLDER).iterdir())) == 1


def test_the_same_file_is_kept_once_and_another_one_does_not_take_its_place(tmp_path: Path) -> None:
    kept = keep_evidence(tmp_path, 7, Path("screen.png"), b"a picture")
    assert keep_evidence(tmp_path, 7, Path("screen.png"), b"a picture") == kept
    with pytest.raises(SessionError, match="is there already"):
        keep_evidence(tmp_path, 7, Path("screen.png"), b"another")
    assert (tmp_path / FOLDER / kept.name).read_bytes() == b"a picture"
