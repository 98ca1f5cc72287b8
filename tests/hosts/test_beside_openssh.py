"""Every case of the table by `ssh -o BatchMode=yes` and by us, against real servers: never less strict than OpenSSH."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.hosts.case import BOTH, NEITHER, Case
from tests.hosts.cases_config import CONFIG
from tests.hosts.cases_known import KNOWN
from tests.hosts.field import Answer, Field

CASES = (*KNOWN, *CONFIG)
WHOLE = os.environ.get("RUNBOOK_HOSTS") == "long"
"""Whether the whole table is run, as `make test-hosts` does."""
AT_ONCE = 4
pytestmark = [
    pytest.mark.needs("sshd", "ssh", "ssh-agent", "ssh-keygen"),
    pytest.mark.timeout(1200 if WHOLE else 300),  # the rows are made for the first test that needs them
]
WRITTEN_BESIDE = "OpenSSH_9.2"
DOCUMENT = Path(__file__).parents[2] / "docs" / "hosts.md"


class Row(NamedTuple):
    """One case with both answers."""

    case: Case
    openssh: Answer
    ours: Answer
    by_openssh: Answer | None

    def __str__(self) -> str:
        answers = {"ssh": self.openssh, "ours": self.ours, "ours, by OpenSSH": self.by_openssh}
        said = (f"{who}: {_word(answer)}" for who, answer in answers.items() if answer is not None)
        return "\n  ".join([self.case.name, *said])


def _word(answer: Answer) -> str:
    return "accepts" if answer.accepted else f"refuses: {answer.said}"


def _is_in_every_run(number: int, case: Case) -> bool:
    """Of the quick ones those that ssh alone takes, and one of two of the others: neighbours are much alike."""
    return case.quick and (case.rule not in (BOTH, NEITHER) or not number % 2)


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    made = Field(tmp_path_factory.mktemp("hosts"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def rows(field: Field) -> list[Row]:
    cases = CASES if WHOLE else [case for number, case in enumerate(CASES) if _is_in_every_run(number, case)]

    def run(numbered: tuple[int, Case]) -> Row:
        number, case = numbered
        folder = field.folder / f"case-{number}"
        folder.mkdir(mode=0o700)
        config = field.prepare(case, folder)
        ours = field.ours(case, config)  # first: ssh may add to known_hosts
        other_way = WHOLE or not number % EACH or case.rule not in (BOTH, NEITHER)
        by_openssh = field.by_openssh(case, config) if other_way else None
        return Row(case, field.openssh(case, config), ours, by_openssh)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, enumerate(cases)))


def test_nothing_is_accepted_that_openssh_refuses(rows: list[Row], capsys: pytest.CaptureFixture[str]) -> None:
    wrongly = [row for row in rows if row.ours.accepted and not row.openssh.accepted]
    counts = Counter((row.openssh.accepted, row.ours.accepted) for row in rows)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(rows)} cases beside ssh: {counts[True, True]} accepted by both, "
            f"{counts[False, False]} refused by both, {counts[True, False]} refused by us only, "
            f"{counts[False, True]} accepted by us only\n" + (_by_openssh_in_words(rows) if WHOLE else "")
        )
    assert not wrongly, "\n".join(map(str, wrongly))


def _by_openssh_in_words(rows: list[Row]) -> str:
    counts = Counter((row.openssh.accepted, row.by_openssh.accepted) for row in rows if row.by_openssh is not None)
    return (
        f"{counts.total()} where ssh makes our connection: {counts[True, True]} accepted by both, "
        f"{counts[False, False]} refused by both, {counts[True, False]} refused by us only, "
        f"{counts[False, True]} accepted by us only\n"
    )


EACH = 16
"""Of how many cases one is tried where ssh makes our connection, beside those that only ssh takes."""
STRICTER = ("strict",)
"""The rules by which this program refuses although its connection is made by ssh."""


def test_by_openssh_all_and_only_that_is_accepted_which_openssh_accepts(rows: list[Row]) -> None:
    tried = [row for row in rows if row.by_openssh is not None]
    assert len(tried) > 10
    other = [
        row
        for row in tried
        if row.by_openssh and row.by_openssh.accepted != (row.openssh.accepted and row.case.rule not in STRICTER)
    ]
    assert not other, "\n".join(map(str, other))


def test_each_case_is_answered_as_its_rule_says(rows: list[Row]) -> None:
    version = subprocess.run(["ssh", "-V"], capture_output=True, text=True, check=True).stderr
    other = [
        row
        for row in rows
        if row.ours.accepted != (row.case.rule == BOTH)
        # what OpenSSH is to do was written down beside one of its versions; another one may be stricter
        or (row.openssh.accepted != (row.case.rule != NEITHER) and version.startswith(WRITTEN_BESIDE))
    ]
    assert not other, "\n".join(map(str, other))


def test_each_refusal_says_why(rows: list[Row]) -> None:
    silent = [row for row in rows if not row.ours.accepted and row.case.says not in row.ours.said]
    assert not silent, "\n".join(f"{row}\n  not: {row.case.says}" for row in silent)


def test_what_only_we_refuse_has_its_reason_in_the_documentation() -> None:
    reasons = {case.rule for case in CASES} - {BOTH, NEITHER}
    text = DOCUMENT.read_text()
    assert [reason for reason in sorted(reasons) if f'<a id="{reason}"></a>' not in text] == []


def test_the_table_has_more_than_two_hundred_cases() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 200
