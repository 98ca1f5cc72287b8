"""A session that is open elsewhere is read on from where it was, and not from its beginning at each look."""

from pathlib import Path

import pytest

from tui.errors import SessionError
from tui.execution.conductor import onlooker
from tui.execution.conductor.onlooker import FollowedJournal
from tui.session import events as ev
from tui.session.clock import SystemClock
from tui.session.journal.chain import JournalPlace
from tui.session.journal.journal import Journal


def note(text: str) -> ev.NoteAdded:
    return ev.NoteAdded(text=text, operator="ana")


def test_each_line_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[JournalPlace] = []

    def walk(path: Path, place: JournalPlace) -> object:
        begun.append(place)
        return real(path, place)

    real = onlooker.walk
    monkeypatch.setattr(onlooker, "walk", walk)
    journal = Journal.create(tmp_path / "journal.jsonl", SystemClock())
    followed = FollowedJournal(journal.path)
    seen: list[int] = []
    for number in range(5):
        journal.append(note(str(number)))
        seen += [line.entry.seq for line in followed.news()]
        assert list(followed.news()) == []
    journal.close()
    assert seen == [0, 1, 2, 3, 4]
    assert [place.count for place in begun] == [0, 1, 2, 3, 4], "a look begins where the last one ended"
    assert followed.position[0] == 5


@pytest.mark.parametrize("same", [True, False])
def test_a_journal_that_was_put_in_its_place_is_proved_from_its_beginning(tmp_path: Path, same: bool) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal.create(path, SystemClock())
    for number in range(3):
        journal.append(note(str(number)))
    journal.close()
    followed = FollowedJournal(path)
    assert len(list(followed.news())) == 3
    text = path.read_bytes()
    other = Journal.create(tmp_path / "other", SystemClock())
    for number in range(4):
        other.append(note(f"other {number}"))
    other.close()
    (tmp_path / "beside").write_bytes(text if same else (tmp_path / "other").read_bytes())
    (tmp_path / "beside").replace(path)
    if same:
        assert list(followed.news()) == []
    else:
        with pytest.raises(SessionError, match="is another journal than before"):
            list(followed.news())
