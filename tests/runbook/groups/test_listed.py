"""A group whose hosts a command prints: what is taken for a list, what is refused, and what holds for a session."""

import pytest

from tests.runbook.groups.test_groups import FLEET, TARGETS
from tui.errors import RunbookError, RunbookInvalid
from tui.runbook.groups.members import hosts_named
from tui.runbook.groups.printed_hosts import invented, listed, lists_of, unlisted, with_lists
from tui.runbook.groups.ranges import MOST, MOST_BY_OPENSSH
from tui.runbook.model import Runbook
from tui.runbook.pointing import in_environment
from tui.runbook.reading.lint import lint_text
from tui.runbook.reading.load import load_text

LISTS = 'targets_from = "list-hosts web"'
LISTED = FLEET.replace(TARGETS, LISTS)


def fleet(old: str = "", new: str = "") -> Runbook:
    """The runbook, with one thing written otherwise."""
    assert old in LISTED
    return load_text(LISTED.replace(old, new, 1), "r.toml")


def test_the_hosts_are_those_that_were_printed() -> None:
    runbook = fleet()
    assert (unlisted(runbook), hosts_named(runbook, "web")) == (("web",), ())
    found = listed(runbook, "web", "\n web01.example.com \r\nweb02.example.com\n\n")
    there = with_lists(runbook, {"web": found})
    assert (unlisted(there), hosts_named(there, "web")) == ((), ("web01", "web02"))
    assert there.hosts["web02"].directory == "/srv/web02"
    assert lists_of(there) == {"web": ("web01.example.com", "web02.example.com")}
    again = with_lists(there, {"web": ("web03.example.com",)})
    assert [name for name in again.hosts if name.startswith("web")] == ["web", "web03"]


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        ("", "no host of web was printed"),
        ("\n \n", "no host of web was printed"),
        ("web01\nweb01\n", "web01 was printed twice for web"),
        ("web01\nweb[2:9]\n", "line 2 for web is not a host's address"),
        ("-oProxyCommand=x", "line 1 for web is not a host's address"),
        ("deploy@web01", "line 1 for web is not a host's address"),
        ("web01 web02", "line 1 for web is not a host's address"),
        ("\x1b[31mweb01\x1b[0m", "line 1 for web is not a host's address"),
        ("a" * 300, "line 1 for web is not a host's address"),
        ("lb", "lb, printed for web, is a host of the runbook as well"),
    ],
)
def test_what_is_no_list_is_refused_with_words(printed: str, words: str) -> None:
    with pytest.raises(RunbookError) as refused:
        listed(fleet(), "web", printed)
    assert words in refused.value.message
    assert "\x1b" not in refused.value.message


def test_more_hosts_than_there_may_be_are_refused() -> None:
    many = "\n".join(f"h{number}" for number in range(MOST + 1))
    with pytest.raises(RunbookError, match="the groups have 1,001 hosts with those of web"):
        listed(fleet(), "web", many)
    by_ssh = fleet(LISTS, f'{LISTS}\nconnect_with = "openssh"')
    with pytest.raises(RunbookError, match="the groups have 201 hosts that ssh connects with those of web"):
        listed(by_ssh, "web", "\n".join(many.split()[: MOST_BY_OPENSSH + 1]))


def test_a_host_of_another_group_is_refused() -> None:
    runbook = fleet("[hosts.web]", '[hosts.db]\ntargets = ["db1"]\n[hosts.web]')
    with pytest.raises(RunbookError, match="db1, printed for web, is in group db as well"):
        listed(runbook, "web", "db1\n")


def test_an_environment_lists_others_or_has_them_written() -> None:
    runbook = fleet()
    assert hosts_named(in_environment(runbook, "staging"), "web") == ("stage1", "stage2")
    other = fleet('{ targets = ["stage[1:2]"] }', '{ targets_from = "list-hosts stage" }')
    there = in_environment(other, "staging")
    assert (unlisted(there), there.hosts["web"].targets_from) == (("web",), "list-hosts stage")


def test_a_drill_invents_them() -> None:
    runbook = fleet()
    there = with_lists(runbook, invented(runbook))
    assert hosts_named(there, "web") == ("web01", "web02", "web03", "web04", "web05")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            'targets_from = "list-hosts web"',
            'targets_from = "list {{ x }}"',
            "r.toml:9: hosts.web.targets_from: the",
        ),
        ('target = "lb"', 'target = "lb"\ntargets_from = "x"', 'host "lb" has target and targets_from'),
        ('target = "lb.staging"', 'targets_from = "x"', '"lb" is one host, and a group here'),
        (
            'targets_from = "list-hosts web"',
            'targets_from = "list-hosts web"\nsudo = "password"',
            "asks for a password is not",
        ),
    ],
)
def test_what_cannot_be_is_refused(old: str, new: str, problem: str) -> None:
    with pytest.raises(RunbookInvalid) as refused:
        fleet(old, new)
    assert any(problem in str(one) for one in refused.value.problems), refused.value.problems


def test_a_list_that_changes_something_is_doubted() -> None:
    text = LISTED.replace("list-hosts web", "rm -rf /var/lib/app; list-hosts web")
    found = [str(problem) for problem in lint_text(text, "r.toml") if "targets_from" in str(problem)]
    assert len(found) == 1
    assert "changes production" in found[0]
    assert not [one for one in lint_text(LISTED, "r.toml") if "targets_from" in str(one)]
