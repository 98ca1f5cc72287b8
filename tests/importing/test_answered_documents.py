"""Pages after the manner of other teams, each with the right answer beside it: what an import finds of them."""

import logging
from pathlib import Path

import pytest

from tests.support.source.import_measured import measured

_LOG = logging.getLogger(__name__)
PAGES = sorted((Path(__file__).parents[1] / "data/documents/answered").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_nothing_of_a_page_is_lost_or_unmarked_and_what_is_printed_is_not_run(page: Path) -> None:
    found = measured(page)
    _LOG.info(
        "%s: %d right, wrong %s, missed %s, F1 %.3f", found.name, found.right, found.wrong, found.missed, found.f1
    )
    assert found.wrong == ()
    assert found.unmarked == ()
    assert found.dropped == ()
    assert found.not_by_hand == ()
    assert found.errors == ()
    assert found.f1 >= 0.95


def test_the_commands_of_all_pages_are_found() -> None:
    found = [measured(page) for page in PAGES]
    right, wrong, missed = (
        sum(one.right for one in found),
        sum(len(one.wrong) for one in found),
        sum(len(one.missed) for one in found),
    )
    _LOG.info("%d right, %d wrong, %d missed", right, wrong, missed)
    assert len(PAGES) >= 12
    assert 2 * right / (2 * right + wrong + missed) >= 0.95
