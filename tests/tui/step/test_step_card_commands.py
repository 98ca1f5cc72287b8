"""Commands on the step's card: shown and copied to the character, told apart by colours, folded where long."""

import pytest
from rich.cells import cell_len
from textual.geometry import Offset
from textual.selection import Selection

from tui.text.command import command_lines
from tui.widgets.step.laid_out import code, copied
from tui.widgets.step.shell_colours import shell

HOSTILE = [
    "a",
    "set -e\necho \"x $Y ${Z:-a b} $(date) \\\" q\" 'it s' && ls -la --color=auto | grep -v '^#' > /tmp/x 2>&1 # why",
    "cat <<'EOF' | sudo -u www tee /etc/x\n$not a value\nEOF\necho done",
    'for f in *.sql; do FOO=1 env BAR=2 mysql -u root "$f" <<< "$x"; done',
    "echo '" + "unclosed " * 20,
    'echo "unclosed $',
    "{{ name }} ${unclosed $( ` )",
    "  leading  and   many    blanks   ",
    "漢字 コマンド --オプション 'ワイド' " * 6,
    "x" * 300,
    "\x1b[31mred\x1b[0m \r\b\u202e rm -rf / \t tab",
    "",
]


@pytest.mark.parametrize("command", HOSTILE)
def test_a_command_is_shown_to_the_character_whatever_its_colours(command: str) -> None:
    lines = command_lines(command)
    assert ["".join(part for part, _ in line) for line in shell("\n".join(lines))] == lines
    for width in (20, 33, 45, 80):
        found = code(command, width)
        whole: list[str] = []
        for row in found:
            assert cell_len(row.text) <= width
            shown = row.text[row.lead : len(row.text) - row.pad]
            if row.joins is None:
                whole.append(shown)
            else:
                assert row.text.startswith(" ↪")
                whole[-1] = whole[-1] + shown
        assert whole == lines
        everything = Selection(Offset(0, 0), Offset(1000, len(found) - 1))
        assert copied(found, everything) == "\n".join(lines)
        assert sum(row.text.startswith(" $ ") for row in found) == 1


def styles(command: str) -> dict[str, str]:
    return {part.strip(): style for line in shell(command) for part, style in line if part.strip()}


def test_program_options_strings_values_and_operators_are_told_apart() -> None:
    found = styles("sudo -u www FOO=1 docker-compose --project=x run -T 'a b' \"c $D\" | grep {{ name }} >out # why")
    program, option, string, value = (found[one] for one in ("docker-compose", "-T", "'a b'", "$D"))
    assert len({program, option, string, value}) == 4
    assert found["sudo"] == found["grep"] == program
    assert found["-u"] == found["--project="] == option
    assert found["FOO="] == found["{{ name }}"] == value
    assert found["|"] == found[">"]
    assert found["# why"] == "$faint"


def test_a_here_document_is_a_string_to_its_end() -> None:
    found = styles("cat <<EOF\nrm -rf /\nEOF\nls -l")
    assert found["rm -rf /"] == found["EOF"]
    assert found["ls"] == styles("ls")["ls"]
