"""The files beside a journal as they are handed on: each once, when it is whole."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tui.session.archive.store import SessionDirectory
from tui.session.journal.kept_files import FOLDER
from tui.sharing.publishing.session_files import SessionFiles


class Sink:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.given: dict[str, bytes] = {}

    def files(self) -> list[str]:
        return []

    def file(self, name: str, data: bytes) -> None:
        assert name not in self.given
        self.given[name] = data


def test_evidence_that_is_still_written_is_handed_on_once_it_is_whole(tmp_path: Path) -> None:
    sink: Any = Sink()
    outputs: Any = SimpleNamespace(redactor=SimpleNamespace(spans=lambda data: []))
    files = SessionFiles(SessionDirectory(tmp_path), outputs, sink)
    folder = tmp_path / FOLDER
    folder.mkdir()
    (half := folder / ".0007-screen.png.part").write_bytes(b"a pic")
    files.hand_on()
    assert sink.given == {}
    half.write_bytes(b"a picture")
    half.replace(folder / "0007-screen.png")
    files.evidence = True
    files.hand_on()
    files.evidence = True
    files.hand_on()
    assert sink.given == {f"{FOLDER}/0007-screen.png": b"a picture"}
