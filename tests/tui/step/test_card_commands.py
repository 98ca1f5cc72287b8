"""Commands on the step's card: folded, beside their titles, broken where a shell would not mind, copied whole."""

import pytest
import tomli
from msgspec import convert
from textual.geometry import Offset
from textual.selection import Selection

from tests.support.runbooks.runbooks import SMALL
from tests.tui.step.card import COMMAND, ERROR, SAID, TODO, begun, drawn, ended, moment, state_of, text
from tui.runbook.model import Runbook
from tui.session.outcome import Outcome
from tui.text.block import NO_BREAK
from tui.widgets.step.laid_out import code, copied, rows
from tui.widgets.step.text import card


def test_a_long_script_is_folded_and_says_how_much_more_there_is_and_how_it_is_seen() -> None:
    script = "\\n".join(f"echo line {number}" for number in range(200))
    runbook = convert(tomli.loads(SMALL.replace('run = "uptime"', f'run = "{script}"', 1)), Runbook)
    state = state_of(runbook=runbook)
    for height in (8, 12, 40):
        found = drawn(state, 60, height, "look")
        assert len(found) < height + 12
        assert "more lines: 2 shows all" in text(found)
    whole = card(moment(state), "look", 60, 12, whole=True)
    assert "echo line 199" in text(whole)
    assert "more lines" not in text(whole)


def test_an_action_without_a_title_stands_beside_its_command() -> None:
    runbook = convert(tomli.loads(SMALL), Runbook)
    assert "1 ○ $ uptime" in text(drawn(state_of(runbook=runbook), 60, 0, "look"))
    failed = [*begun("look", "uptime"), *ended(Outcome.exited(1), ERROR, said=SAID)]
    assert "1 ✖ $ uptime" in text(drawn(state_of(*failed, runbook=runbook), 60, 0, "look"))
    assert "backup" not in text(drawn(state_of(runbook=runbook), 60, 0, "backup")).split("$")[0]  # the only one


def test_a_script_without_a_title_begins_beside_its_number_and_its_lines_stand_below_each_other() -> None:
    script = SMALL.replace('run = "uptime"', 'run = "set -e\\nuptime"', 1)
    found = text(drawn(state_of(runbook=convert(tomli.loads(script), Runbook)), 60, 0, "look")).split("\n")
    at = next(place for place, row in enumerate(found) if "$ set -e" in row)
    assert found[at].startswith("1 ○ $ set -e")
    assert found[at + 1].index("uptime") == found[at].index("set -e")


@pytest.mark.parametrize("width", range(20, 40))
def test_the_sign_that_a_command_continues_has_no_row_of_its_own(width: int) -> None:
    lines = "docker-compose run --rm web \\\n  manage.py --no-input \\\n  migrate"
    found = code(lines, width)
    assert all(row.text.strip(" ↪") != "\\" for row in found)
    assert all(len(row.text) <= width for row in found)
    assert copied(found, Selection(Offset(0, 0), Offset(100, len(found) - 1))) == lines


def test_marks_are_broken_between_and_never_within() -> None:
    found = drawn(TODO, 30, 0)
    assert any(row.text.endswith(f"{NO_BREAK}TWO{NO_BREAK}ALLOW{NO_BREAK}") for row in found)


def test_what_is_copied_has_no_sign_of_where_it_was_broken() -> None:
    found = code(f"{COMMAND}\necho done", 30)
    assert len(found) > 3
    everything = Selection(Offset(0, 0), Offset(100, len(found) - 1))
    assert copied(found, everything) == f"{COMMAND}\necho done"
    words = rows([("note: ", ""), ("one two three four five six", "")], 16, 6)
    assert copied(words, Selection(None, None)) == "note: one two three four five six"


@pytest.mark.parametrize("width", range(30, 46))
def test_a_path_is_broken_before_it_or_behind_a_slash(width: int) -> None:
    command = "touch /backups/of/multinotesai/pre-deploy-2026.migrating"
    found = code(command, width)
    ends = [row.text[row.lead : len(row.text) - row.pad] for row in found]
    assert all(end.endswith((" ", "/", "migrating")) for end in ends), ends
    assert copied(found, Selection(None, None)) == command


def test_a_name_that_no_row_can_hold_fills_them() -> None:
    found = code("ls /srv/" + "a" * 40, 30)
    assert [len(row.text) - row.pad for row in found[1:-1]] == [30] * (len(found) - 2)
    assert copied(found, Selection(None, None)) == "ls /srv/" + "a" * 40


def test_a_word_that_was_broken_is_copied_without_a_blank_in_it() -> None:
    words = "see /var/www/multinotesai/staticfiles/admin/css and below"
    found = rows([(words, "")], 20, 2)
    assert any(row.text.endswith("/") for row in found)
    assert copied(found, Selection(None, None)) == words
