"""Written by ids a runbook says the same in fewer lines; comments stay, and what cannot be so written is left alone."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from tests.runbook.documents import FULL
from tests.support.runbooks.runbooks import SMALL, one_section
from tui.cli.main import main
from tui.runbook.reading.load import load, load_text
from tui.runbook.rewriting.compact import compact
from tui.runbook.rewriting.shortened import shortened

COMMENTS = re.compile(r"(?m)^\s*#.*$")


def after(text: str) -> str:
    """The text by ids, which says the same."""
    found = compact(shortened(text))
    assert replace(load_text(found, "new"), format=1) == replace(load_text(text, "old"), format=1)
    assert compact(found) == found
    assert COMMENTS.findall(found) == COMMENTS.findall(text)
    return found


@pytest.mark.parametrize("text", [FULL, SMALL])
def test_it_says_the_same_in_fewer_lines(text: str) -> None:
    found = after(text)
    assert len(found.splitlines()) < 0.8 * len(text.splitlines())
    assert max(map(len, found.splitlines())) <= 140
    assert "[[sections" not in found
    assert "[[checklist" not in found


STEPS = """\
[[sections.steps]]
id = "look"
title = "Look around"
source = "3-4"
mutates = true
danger = "caution"

[[sections.steps.actions]]
title = "Which disk is full"
run = "df -h /srv"
expect = { contains = ["/srv"], text = "the disk which has the pictures of everything" }
original = "df -h"

[[sections.steps.actions]]
run = '''
ls /srv
ls /tmp
'''
timeout = "5s"

[[sections.steps]]
id = "wait"
title = "Wait"

[[sections.steps.actions]]
run = "uptime"
expect.contains = ["load"]
expect.text = "the load"

# why this comes last
[[sections.steps]]
id = "last"
title = "Last"
# this stays
run = "true"
actions = []
"""
WANTED = """\
[sections.all.steps.look]
about = { title = "Look around", source = "3-4", danger = "caution" }
1 = { title = "Which disk is full", run = "df -h /srv" }
1a = { expect = { contains = ["/srv"], text = "the disk which has the pictures of everything" }, original = "df -h" }
2 = { timeout = "5s", run = '''
ls /srv
ls /tmp
''' }

[sections.all.steps.wait]
title = "Wait"
1 = { run = "uptime", expect = { contains = ["load"], text = "the load" } }

# why this comes last
[sections.all.steps.last]
title = "Last"
# this stays
run = "true"
"""


def test_steps_are_written_in_few_lines_and_one_with_a_comment_stays() -> None:
    text = one_section(STEPS.replace("actions = []\n", ""), "web").replace("format = 1", "format = 2")
    found = compact(text)
    assert load_text(found, "new") == load_text(text, "old")
    assert found.partition("[sections.all.steps.look]")[2] == WANTED.partition("[sections.all.steps.look]")[2]


INLINE = one_section("", "web") + 'steps = [{ id = "a", title = "A", run = "ls" }]\n'


@pytest.mark.parametrize("text", [SMALL.replace('id = "backup"', 'id = "back.up"'), INLINE])
def test_what_has_no_such_ids_stays_as_it_is(text: str) -> None:
    text = text.replace("format = 1", "format = 2")
    assert compact(text) == text


def test_lint_fix_leaves_the_arrays_where_another_teams_part_has_them(tmp_path: Path) -> None:
    import hashlib

    head, _, steps = SMALL.replace("format = 1\n", "").partition("[[sections]]")
    first, _, rest = steps.partition("[[sections]]")
    part = "[[sections]]" + rest
    (tmp_path / "part.toml").write_text(part)
    path, digest = tmp_path / "runbook.toml", hashlib.sha256(part.encode()).hexdigest()
    path.write_text(f'format = 2\ninclude = [{{ file = "part.toml", sha256 = "{digest}" }}]\n{head}[[sections]]{first}')
    before = load(path)
    ran = CliRunner().invoke(main, ["lint", "--fix", str(path)])
    assert ran.exit_code == 0, ran.output
    assert "[[sections]]" in path.read_text()
    assert load(path) == before
