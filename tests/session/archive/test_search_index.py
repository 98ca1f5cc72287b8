"""A search by the index finds what a search without it finds, and reads only the sessions that may have the text."""

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.sessions.recorded import Writer, written
from tui.session import events as ev
from tui.session.archive import searching
from tui.session.archive.indexes import search_index
from tui.session.archive.indexes.search_index import FILE, trigrams
from tui.session.archive.searching import ArchiveHit, Unread, Wanted, search
from tui.session.archive.store import SessionDirectory, Store
from tui.session.output.output import OutputReader, OutputWriter, write_mask

PIECES = [
    "deadlock found",
    "ERROR 1213 (40001)",
    "\x1b[31mERROR\x1b[0m 12\x1b[1m13\x1b[0m",
    "Pull 10%\rPull 55%\rdone",
    "日本語のログ",
    "Straße GRÖSSE größe",
    "café CAFE\u0301",
    "\x00nul\x00 byte",
    "\udcff\udcfe broken",
    "said \"quoted\" and 'single'",
    "tab\there",
    "K and \u212a, s and \u017f",
    "x" * 300,
]
QUERIES = """deadlock|dead|ERROR 1213|error 12|12|x|done|55%|日本語|größe|GRÖSSE|straße|café|nul|quoted|"quoted"
'single'|tab|k and|xxxx|broken|nowhere|run 1|because|-- of""".replace("\n", "|").split("|")


def found(root: Path, ours: bool, **wanted: object) -> list[ArchiveHit | Unread]:
    return list(search(Store(root, ours), Wanted(**wanted)))  # type: ignore[arg-type]  # as a test writes it


@pytest.fixture
def nights(tmp_path: Path) -> list[Writer]:
    return [finished(tmp_path, seed) for seed in (1, 2, 3)]


def finished(root: Path, seed: int) -> Writer:
    writer = Writer(root, seed, shaky=False)
    writer.go_on(30)
    writer.put(ev.SessionFinished(result="completed", operator="ana"))
    writer.close()
    return writer


def printed(night: Writer, number: int, text: str, root: Path | None = None) -> None:
    """Have an attempt have printed this."""
    attempts = SessionDirectory(root / night.directory.id).attempts if root else night.directory.attempts
    for path in attempts.glob(f"{number:04d}.*"):
        path.unlink()
    writer = OutputWriter(attempts, number, night.clock)
    writer.write("out", text.encode("utf-8", "surrogateescape"))
    writer.close()
    write_mask(attempts, number, [])


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_it_finds_what_a_search_without_it_finds(
    nights: list[Writer], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("sessions")
    shutil.copytree(nights[0].directory.path.parent, root, dirs_exist_ok=True)
    for night in nights:
        for number in (1, 2, 3):
            lines = data.draw(st.lists(st.lists(st.sampled_from(PIECES), max_size=3).map(" ".join), max_size=6))
            printed(night, number, "\n".join(lines), root)
    queries = data.draw(st.lists(st.sampled_from(QUERIES), min_size=2, max_size=6, unique=True))
    for query in ("deadlock", *queries):
        assert found(root, True, text=query) == found(root, False, text=query), query


def test_the_second_search_reads_no_journal_and_no_output_that_cannot_have_the_text(
    nights: list[Writer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed(nights[1], 2, "the needle in the hay\n")
    first = found(tmp_path, True, text="needle in")
    assert [(one.session, one.attempt) for one in first if isinstance(one, ArchiveHit)] == [(nights[1].directory.id, 2)]
    monkeypatch.setattr(SessionDirectory, "load", lambda self: pytest.fail("it was read again"))
    opened: list[tuple[Path, int]] = []

    class Counted(OutputReader):
        def __init__(self, attempts: Path, number: int) -> None:
            opened.append((attempts, number))
            super().__init__(attempts, number)

    monkeypatch.setattr(searching, "OutputReader", Counted)
    assert found(tmp_path, True, text="needle in") == first
    assert opened == [(nights[1].directory.attempts, 2)]
    assert found(tmp_path, True, text="nowhere at all") == []


@pytest.mark.parametrize("narrowed", [{}, {"step": "s1"}, {"outcome": "failed"}, {"host": "web"}])
def test_without_a_text_and_narrowed_down_it_lists_the_same(
    nights: list[Writer], tmp_path: Path, narrowed: dict[str, str]
) -> None:
    plain = found(tmp_path, False, **narrowed)
    assert found(tmp_path, True, **narrowed) == plain
    assert found(tmp_path, True, **narrowed) == plain


def test_an_output_that_is_too_long_is_looked_through(
    nights: list[Writer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "LARGEST", 10)
    printed(nights[0], 1, "a long output with a needle\n")
    for _ in range(2):
        assert any(one.session == nights[0].directory.id for one in found(tmp_path, True, text="needle"))


def test_a_session_that_is_not_over_is_read_each_time(tmp_path: Path) -> None:
    night = written(tmp_path, 4, 30, shaky=False)
    plain = found(tmp_path, False, text="line")
    assert plain
    assert found(tmp_path, True, text="line") == plain
    printed(night, 1, "another line with a needle\n")
    assert found(tmp_path, True, text="needle") == found(tmp_path, False, text="needle") != []


@pytest.mark.parametrize("damage", ["deleted", "cut", "text", "rows"])
def test_a_damaged_index_is_made_again(nights: list[Writer], tmp_path: Path, damage: str) -> None:
    first = found(tmp_path, True, text="line 0")
    path = tmp_path / FILE
    match damage:
        case "deleted":
            path.unlink()
        case "cut":
            path.write_bytes(path.read_bytes()[:5000])
        case "text":
            path.write_bytes(b"no database\n" * 1000)
        case _:
            file = search_index.CacheFile(path, search_index.TABLES)
            file.write(("UPDATE searched SET said = ?", [(b"nonsense",)]))
            file.close()
    assert found(tmp_path, True, text="line 0") == first
    assert found(tmp_path, True, text="line 0") == first


def test_no_secret_is_in_the_file(nights: list[Writer], tmp_path: Path) -> None:
    printed(nights[0], 1, "token hunter2-secret end\n")
    (nights[0].directory.attempts / "0001.mask").unlink()
    write_mask(nights[0].directory.attempts, 1, [(6, 20)])
    assert [one.text for one in found(tmp_path, True, text="token") if isinstance(one, ArchiveHit)] == ["token ••• end"]
    data = (tmp_path / FILE).read_bytes()
    assert b"hunter2" not in data
    index = search_index.SearchIndex(tmp_path)
    assert index.may_have("hunter2") == {}
    index.close()


def test_what_is_gone_is_forgotten_and_the_file_does_not_always_grow(nights: list[Writer], tmp_path: Path) -> None:
    found(tmp_path, True, text="line")
    index = search_index.SearchIndex(tmp_path)
    gone = nights[0].directory.id
    shutil.rmtree(nights[0].directory.path)
    assert not any(one.session == gone for one in found(tmp_path, True, text="line"))
    assert gone not in index.known()
    said = index.said(nights[1].directory.id)
    assert said is not None
    for _ in range(400):
        index.put(nights[1].directory.id, b"stamp", said, [])
    index.tidy([nights[1].directory.id])
    assert index.known() == {}
    index.close()


def test_trigrams_are_of_ascii_alone() -> None:
    assert trigrams("Größe ERR") == ["e e", " er", "err"] or trigrams("Größe ERR")[-1] == "err"
    assert trigrams("ab") == []
    assert trigrams("日本語") == []
    assert all(re.fullmatch(r"[ -~]{3}", one) for one in trigrams("aé\x7fbcd efg"))
