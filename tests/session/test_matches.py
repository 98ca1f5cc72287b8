"""Checks that a search says truthfully which match is shown, of how many."""

from pathlib import Path

import pytest

from tests.support.sessions.fake_clock import FakeClock
from tui.session.archive import matches as module
from tui.session.archive.matches import Matches
from tui.session.output.masks import write_mask
from tui.session.output.output import OutputReader, OutputWriter


class NoSecrets:
    longest = 0

    def spans(self, data: bytes, unfinished: bool = False) -> list[tuple[int, int]]:
        return []


@pytest.fixture
def writer(tmp_path: Path) -> OutputWriter:
    return OutputWriter(tmp_path, 1, FakeClock())


def live(writer: OutputWriter) -> OutputReader:
    return OutputReader(writer.path.parent, 1, writer, NoSecrets())


def ended(writer: OutputWriter) -> OutputReader:
    writer.close()
    write_mask(writer.path.parent, 1, [])
    return OutputReader(writer.path.parent, 1)


def test_the_count_is_whole_when_the_output_is(writer: OutputWriter) -> None:
    reader = live(writer)
    writer.write("out", b"hay\nneedle\nhay\nneedle needle\nnee")
    matches = Matches("needle")
    assert matches.words(3) == "match in line 4, 0+ counted"
    matches.count(reader, False)
    assert (matches.words(1), matches.words(3)) == ("match 1 of 2+", "match 2 of 2+")
    writer.write("out", b"dle\nhay\n")
    matches.count(ended(writer), True)
    assert matches.words(4) == "match 3 of 3"


def test_a_last_line_that_was_not_whole_counts_once(writer: OutputWriter) -> None:
    reader = live(writer)
    writer.write("out", b"a needle, and")
    matches = Matches("needle")
    matches.count(reader, False)
    writer.write("out", b" a needle\nneedle\n")
    matches.count(reader, False)
    assert matches.words(0) == "match 1 of 2+"


def test_the_way_goes_around_both_ends(writer: OutputWriter) -> None:
    writer.write("out", b"needle\nhay\nneedle\nhay\n")
    reader, matches = ended(writer), Matches("needle")
    assert [matches.find(reader, start, 1) for start in (0, 1, 3, 4, 9)] == [0, 2, 0, 0, 0]
    assert [matches.find(reader, start, -1) for start in (2, 1, 0, -1)] == [2, 0, 0, 2]
    assert Matches("thread").find(reader, 2, 1) == -1


def test_a_search_that_was_stopped_claims_nothing(writer: OutputWriter) -> None:
    writer.write("out", b"needle\n" * 9)
    matches = Matches("needle")
    matches.stop()
    matches.count(ended(writer), True)
    assert not matches.whole
    assert matches.find(ended(writer), 0, 1) == -1


def test_a_great_number_of_matches_is_not_counted_to_the_end(
    writer: OutputWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 5)
    writer.write("out", b"needle\n" * 9)
    reader, matches = ended(writer), Matches("needle")
    matches.count(reader, True)
    matches.count(reader, True)
    assert matches.words(4) == "match 5 of 5+"
    assert matches.words(8) == "match in line 9, 5+ counted"
