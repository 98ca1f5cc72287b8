"""What changed between two versions of a runbook, in words: danger first; it ends as diff(1) does."""

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tui.cli.main import main
from tui.runbook.differences.difference import Edit, EditKind
from tui.runbook.differences.runbooks import differences
from tui.runbook.reading.load import load_text

TEXT = """
format = 2
[runbook]
title = "Shop"
default_host = "web"
[window]
days = ["tue"]
starts = "02:00"
ends = "04:00"
[hosts.web]
target = "web.example"
[hosts.db]
target = "db.example"
[variables.release]
prompt = "Release"
default = "v1"
[flows.deploy]
title = "Deploy"
kind = "deploy"
guarded = true
sections = ["before", "change"]
[flows.back]
title = "Back"
kind = "rollback"
sections = ["back"]
[[rollback_reasons]]
id = "errors"
title = "Errors"
[[sections]]
id = "before"
title = "Before"
[[sections.steps]]
id = "disk"
title = "Look at the disk"
budget = "20s"
run = "df -h /srv"
expect = { numbers = [{ name = "disk used", pattern = '(\\d+)%', below = 90, unit = "%" }] }
[[sections.steps]]
id = "load"
title = "Look at the load"
run = "uptime"
[[sections]]
id = "change"
title = "Change"
[[sections.steps]]
id = "stop"
title = "Stop the shop"
danger = "caution"
undo = ["start-again"]
timeout = "1m"
actions = ["systemctl stop shop", "systemctl is-active shop"]
[[sections.steps]]
id = "wipe"
title = "Wipe the cache"
danger = "destructive"
run = "rm -rf /srv/cache"
[[sections]]
id = "back"
title = "Back"
[[sections.steps]]
id = "start-again"
title = "Start it again"
danger = "caution"
run = "systemctl start shop"
"""
DISK = TEXT[TEXT.index('[[sections.steps]]\nid = "disk"') : TEXT.index('[[sections.steps]]\nid = "load"')]


def found(*changes: tuple[str, str]) -> list[Edit]:
    after = TEXT
    for old, new in changes:
        assert old in after
        after = after.replace(old, new, 1)
    return list(differences(load_text(TEXT, "a"), load_text(after, "b")))


def words(one: Edit) -> tuple[str, str, str, str, str, bool]:
    return one.kind.value, one.what, one.field, one.before, one.after, one.danger


def test_what_is_the_same_is_not_told() -> None:
    assert found() == []
    shorter = TEXT.replace('run = "uptime"', 'actions = [{ run = "uptime" }]')
    assert differences(load_text(TEXT, "a"), load_text(shorter, "b")) == (), "how it is written does not matter"


STOP, LOOKED, LOAD = 'change/stop "Stop the shop"', 'before/disk "Look at the disk"', 'before/load "{} the load"'
EACH = [
    ('danger = "caution"\nundo', 'danger = "destructive"\nundo', STOP, "danger", "caution", "destructive", True),
    ('undo = ["start-again"]\n', "", STOP, "undone by", "start-again", "nothing", True),
    ("df -h /srv", "df -h /", LOOKED, "command", "df -h /srv", "df -h /", False),
    ("is-active", "status", STOP, "command 2", "systemctl is-active shop", "systemctl status shop", False),
    ("= 90", "= 95", LOOKED, "expectation of command", "disk used below 90 %", "disk used below 95 %", True),
    ('budget = "20s"', 'budget = "40s"', LOOKED, "budget", "20s", "40s", False),
    ("Look at the l", "See the l", LOAD.format("See"), "title", "Look at the load", "See the load", False),
    ('run = "uptime"', 'run = "uptime"\non = "db"', LOAD.format("Look at"), "host of command", "web", "db", True),
    ('"db.example"', '"db2.example"', "db", "target", "db.example", "db2.example", True),
    ('default = "v1"', 'default = "v2"', "release", "default", "v1", "v2", False),
    ("guarded = true\n", "", "deploy", "guarded", "yes", "nothing", True),
    ('ends = "04:00"', 'ends = "05:00"', "ends", "", "04:00", "05:00", True),
]
"""What stands in the text and what stands there afterwards; then what is told of it."""


@pytest.mark.parametrize(("old", "new", "what", "field", "before", "after", "danger"), EACH)
def test_each_change_is_told_once(
    old: str, new: str, what: str, field: str, before: str, after: str, danger: bool
) -> None:
    assert [words(one) for one in found((old, new))] == [("changed", what, field, before, after, danger)]


def test_a_command_that_came_is_told_once() -> None:
    told = [words(one) for one in found(('"systemctl stop shop", ', '"systemctl stop shop", "sync", '))]
    assert told == [("added", STOP, "command", "", "web$ sync", False)]


def test_a_timeout_that_several_commands_share_is_told_of_each() -> None:
    assert [(one.field, one.before, one.after) for one in found(('timeout = "1m"', 'timeout = "9m"'))] == [
        ("timeout of command 1", "1m", "9m"),
        ("timeout of command 2", "1m", "9m"),
    ]


def test_a_harmless_command_that_became_a_change_says_so() -> None:
    told = {(one.field, one.danger) for one in found(('run = "uptime"', 'run = "reboot"'))}
    assert told == {("command", False), ("changes production", True)}


def test_steps_that_came_went_and_moved() -> None:
    [gone] = found((DISK, ""))
    assert words(gone)[:3] == ("removed", 'before/disk "Look at the disk"', "")
    assert gone.before == "web$ df -h /srv"
    assert not gone.danger
    [elsewhere] = found((DISK, ""), ('[[sections]]\nid = "back"', f'{DISK}[[sections]]\nid = "back"'))
    assert words(elsewhere)[0] == "moved"
    assert (elsewhere.before, elsewhere.after) == ("in before", "in change")
    load = '[[sections.steps]]\nid = "load"\ntitle = "Look at the load"\nrun = "uptime"\n'
    [order] = found((load, ""), (DISK, load + DISK))
    assert words(order) == ("moved", 'before/load "Look at the load"', "", "after disk", "first", False)


def test_what_undid_a_step_and_is_gone_is_dangerous_and_so_is_a_new_destructive_step() -> None:
    start = TEXT[TEXT.index('[[sections.steps]]\nid = "start-again"') :]
    after = TEXT.replace(start, start.replace("start-again", "begin").replace("Start it again", "Begin"))
    after = after.replace('undo = ["start-again"]', 'undo = ["begin"]')
    told = differences(load_text(TEXT, "a"), load_text(after, "b"))
    assert [(one.kind.value, one.what.split()[0], one.danger) for one in told] == [
        ("removed", "back/start-again", True),
        ("changed", "change/stop", True),
        ("added", "back/begin", True),
    ]


def test_flows_and_sections() -> None:
    after = TEXT.replace('sections = ["before", "change"]', 'sections = ["before"]')
    [one] = differences(load_text(TEXT, "a"), load_text(after, "b"))
    assert (one.part, one.what, one.field, one.after, one.danger) == ("flows", "deploy", "sections", "before", True)
    extra = '[[sections]]\nid = "extra"\ntitle = "Extra"\nsteps = []\n'
    [added] = differences(load_text(TEXT, "a"), load_text(TEXT + extra, "b"))
    assert (added.kind, added.part, added.what) == (EditKind.ADDED, "sections", 'extra "Extra"')


# as it is typed


def typed(*words: str) -> Result:
    return CliRunner().invoke(main, ["diff", *words])


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    one, other = tmp_path / "a.toml", tmp_path / "b.toml"
    one.write_text(TEXT)
    other.write_text(
        TEXT.replace('danger = "caution"\nundo', 'danger = "destructive"\nundo').replace("df -h /srv", "df")
    )
    return one, other


def test_it_is_told_in_words_with_danger_first_and_ends_as_diff_does(files: tuple[Path, Path]) -> None:
    one, other = map(str, files)
    differ = typed(one, other)
    assert differ.exit_code == 1
    assert differ.output.splitlines() == [
        f"{one} -> {other}: 2 differences, 1 of them about danger",
        "",
        "Danger",
        '  ~ change/stop "Stop the shop", danger: caution -> destructive',
        "",
        "Steps",
        '  ~ before/disk "Look at the disk", command: df -h /srv -> df',
    ]
    same = typed(one, one)
    assert (same.exit_code, same.output) == (0, f"{one} and {one} say the same\n")
    [first, _] = json.loads(typed(one, other, "--json").output)
    assert (first["kind"], first["field"], first["danger"]) == ("changed", "danger", True)
    assert json.loads(typed(one, one, "--json").output) == []


def test_what_cannot_be_read_ends_with_two(files: tuple[Path, Path], tmp_path: Path) -> None:
    none = typed(str(files[0]), "nowhere.toml")
    assert (none.exit_code, none.stderr.splitlines()[0]) == (2, "runbook: there is no file nowhere.toml")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(TEXT.replace("title", "titel", 1))
    refused = typed(str(files[0]), str(wrong))
    assert refused.exit_code == 2
    assert 'unknown key "titel"' in refused.stderr


def test_long_commands_are_told_line_by_line(tmp_path: Path) -> None:
    one, other = tmp_path / "a.toml", tmp_path / "b.toml"
    script = "run = '''\nfirst\nsecond\nthird\nfourth\nfifth\n'''\nreads = true"
    one.write_text(TEXT.replace('run = "uptime"', script))
    other.write_text(TEXT.replace('run = "uptime"', script.replace("fourth", "\u001b[31m4th").replace("\u001b", "@")))
    assert typed(str(one), str(other)).output.splitlines()[-4:] == [
        "        third",
        "      - fourth",
        "      + @[31m4th",
        "        fifth",
    ]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "repository" / "ops"
    (folder / "runbook").mkdir(parents=True)
    monkeypatch.chdir(folder)
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, "/dev/null")
    begin = TEXT.index('[[sections]]\nid = "change"')
    (folder / "runbook.toml").write_text('include = ["runbook/*.toml"]\n' + TEXT[:begin])
    (folder / "runbook" / "change.toml").write_text(TEXT[begin:])
    git("init", "-q", "..")
    git("add", "-A")
    git("-c", "user.name=ana", "-c", "user.email=ana@example", "commit", "-q", "-m", "first")
    return folder


def git(*words: str) -> None:
    subprocess.run(["git", *words], check=True, capture_output=True)


def test_a_revision_is_read_with_its_parts(repository: Path) -> None:
    part = repository / "runbook" / "change.toml"
    part.write_text(part.read_text().replace("systemctl stop shop", "systemctl kill shop"))
    for before in ("git:HEAD", "HEAD:ops/runbook.toml"):
        differ = typed(before, "runbook.toml")
        assert differ.exit_code == 1, differ.output
        assert "command 1: systemctl stop shop -> systemctl kill shop" in differ.output
    assert typed("git:HEAD", "HEAD:ops/runbook.toml").exit_code == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("git:nowhere", "git: "),
        ("git:--output=x", "'--output=x' is not a revision"),
        ("HEAD:runbook.toml", "there is no file runbook.toml in"),
        ("git:", "'' is not a revision"),
    ],
)
def test_a_revision_that_is_not_there_is_one_message(repository: Path, given: str, said: str) -> None:
    refused = typed(given, "runbook.toml")
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert len(refused.stderr.splitlines()) == 2
    assert not (repository / "x").exists()


def test_a_revision_that_is_not_right_names_itself_and_no_other_place(repository: Path) -> None:
    text = (repository / "runbook.toml").read_text()
    (repository / "runbook.toml").write_text(text.replace("prompt", "promt"))
    git("add", "-A")
    git("-c", "user.name=ana", "-c", "user.email=ana@example", "commit", "-q", "-m", "second")
    (repository / "runbook.toml").write_text(text)
    refused = typed("git:HEAD", "runbook.toml")
    assert refused.exit_code == 2
    assert "HEAD:ops/runbook.toml" in refused.stderr
    assert "/tmp/runbook-" not in refused.stderr
