"""Groups of hosts in a runbook: which hosts a pattern stands for, and what is refused, with its line and words."""

import pytest

from tests.support.runbooks.runbooks import SMALL
from tui.errors import RunbookInvalid, UsageError
from tui.runbook.described.show import show
from tui.runbook.groups.members import members
from tui.runbook.groups.ranges import MOST, WrongRange, spelled
from tui.runbook.model import Runbook
from tui.runbook.pointing import in_environment, overridden
from tui.runbook.reading.load import load_text

FLEET = """
format = 2
[runbook]
title = "Fleet"
default_host = "lb"
[hosts.lb]
target = "lb"
[hosts.web]
targets = ["web[01:03].example.com"]
directory = "/srv/{{ host }}"
[environments.staging]
hosts.lb = { target = "lb.staging" }
hosts.web = { targets = ["stage[1:2]"] }
[flows.deploy]
title = "Deploy"
kind = "deploy"
sections = ["s"]
[[sections]]
id = "s"
title = "S"
[[sections.steps]]
id = "restart"
title = "Restart"
[[sections.steps.actions]]
run = "version"
on = "web"
capture.version = { pattern = "(.*)" }
[[sections.steps.actions]]
run = "restart {{ host }} {{ version }}"
on = "web"
at_once = 2
stop_after = 1
"""


def fleet(old: str = "", new: str = "") -> Runbook:
    """The runbook, with one thing written otherwise."""
    assert old in FLEET
    return load_text(FLEET.replace(old, new, 1), "r.toml")


@pytest.mark.parametrize(
    ("pattern", "hosts"),
    [
        ("web[01:03].example.com", ("web01.example.com", "web02.example.com", "web03.example.com")),
        ("web[8:11]", ("web8", "web9", "web10", "web11")),
        ("r[1:2]-h[1:2]", ("r1-h1", "r1-h2", "r2-h1", "r2-h2")),
        ("10.0.0.[9:10]", ("10.0.0.9", "10.0.0.10")),
        ("alone.example.com", ("alone.example.com",)),
        ("web[7:7]", ("web7",)),
    ],
)
def test_a_pattern_stands_for_hosts(pattern: str, hosts: tuple[str, ...]) -> None:
    assert spelled(pattern) == hosts


@pytest.mark.parametrize(
    "pattern",
    ["", "web[3:1]", "web[1:x]", "web[]", "web[1-3]", "web[01:100]", "web[1:9", f"w[1:{MOST + 1}]", "a[1:99]b[1:99]"]
    + ["deploy@web", "web 1", "web;id", "-oProxyCommand=x", "{{ host }}", "web[1:2]:22", "-a[1:2]", "[1:2]-"],
)
def test_other_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(WrongRange):
        spelled(pattern)


def test_hosts_are_called_by_what_tells_them_apart() -> None:
    assert [one.name for one in members(("a.example.com", "b.example.com"))] == ["a", "b"]
    assert [one.name for one in members(("a.north", "a.south"))] == ["a.north", "a.south"]
    assert [one.name for one in members(("10.0.0.[1:2]",))] == ["10.0.0.1", "10.0.0.2"]


def test_each_is_a_host_like_any_other() -> None:
    runbook = fleet()
    assert list(runbook.hosts) == ["lb", "web", "web01", "web02", "web03"]
    assert (runbook.hosts["web02"].target, runbook.hosts["web02"].directory) == ("web02.example.com", "/srv/web02")
    assert "host web: web[01:03].example.com (3 hosts)" in show(runbook)
    assert "host web02" not in show(runbook)


def test_an_environment_has_other_hosts() -> None:
    staging = in_environment(fleet(), "staging")
    assert list(staging.hosts) == ["lb", "web", "stage1", "stage2"]
    assert staging.hosts["stage2"].directory == "/srv/stage2"
    alone = in_environment(fleet("stage[1:2]", "one"), "staging")
    assert list(alone.hosts) == ["lb", "web", "one"]


def test_one_of_them_is_pointed_elsewhere_and_not_all_at_once() -> None:
    assert overridden(fleet(), {"web02": "box:/tmp"}, {}).hosts["web02"].target == "box"
    with pytest.raises(UsageError, match="web is a group of hosts"):
        overridden(fleet(), {"web": "box"}, {})


TARGETS = 'targets = ["web[01:03].example.com"]'


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (TARGETS, "targets = []", 'r.toml:9: hosts.web.targets: group "web" has no hosts'),
        (
            TARGETS,
            'targets = ["a[1:900]", "b[1:101]"]',
            "r.toml:9: hosts.web.targets: the groups have 1,001 hosts in all",
        ),
        (
            TARGETS,
            'targets = ["a[1:201]"]\nconnect_with = "openssh"',
            "r.toml:9: hosts.web.targets: the groups have 201 hosts in all that ssh connects (200 at most",
        ),
        (TARGETS, 'targets = ["a", "b[3:1]"]', "r.toml:9: hosts.web.targets[1]: [3:1] in 'b[3:1]' counts backwards"),
        (TARGETS, 'targets = ["a2", "a[1:3]"]', 'r.toml:9: hosts.web.targets[1]: "a2" comes twice in group "web"'),
        (TARGETS, 'targets = ["lb.example.com"]', '"lb", a host of group "web", is a host of the runbook as well'),
        (TARGETS, TARGETS + '\n[hosts.more]\ntargets = ["web02"]', '"web02" is in group "web" as well'),
        (TARGETS, TARGETS + '\ntarget = "x"', 'host "web" has target and targets'),
        (TARGETS, TARGETS + '\nsudo = "password"', "a group whose sudo asks for a password is not supported"),
        ('default_host = "lb"', 'default_host = "web"', '"web" is a group of hosts'),
        ('target = "lb"', 'connection = "web"', '"web" is a group of hosts'),
        ("[hosts.lb]", '[variables.host]\nprompt = "Host"\n[hosts.lb]', '"host" is the host at hand'),
        ('run = "version"', 'interactive = "vi"', '"web" is a group, on which only commands (run) and probes are'),
        ('"(.*)" }', '"(.*)", secret = true }', "a secret of each host of a group cannot be captured"),
        ('on = "web"\nat_once', 'on = "lb"\nat_once', '"at_once" means nothing on one host'),
        ('on = "web"\nat_once', 'on = "lb"\nat_once', 'each host of "web" has a "version" of its own'),
        ('on = "web"\nat_once', 'on = "lb"\nat_once', "no value for {{ host }} here"),
        ('title = "S"', 'title = "S {{ version }}"', 'each host of "web" has a "version" of its own'),
        ('title = "S"', 'title = "S"\nwhen = { version = "1" }', 'each host of "web" has a "version" of its own'),
        (TARGETS, TARGETS + '\ntargets_from = "x"', 'host "web" has targets and targets_from'),
        ("[[sections.steps.actions]]", 'look = { run = "x", on = "web" }\n[[sections.steps.actions]]', "a look on one"),
        ("at_once = 2", "at_once = 0", "at_once"),
        ('{ targets = ["stage[1:2]"] }', '{ target = "one" }', '"web" is a group, and one host here'),
        ('{ target = "lb.staging" }', '{ targets = ["a"] }', '"lb" is one host, and a group here'),
        ("stage[1:2]", "stage[2:1]", "[2:1] in 'stage[2:1]' counts backwards"),
    ],
)
def test_what_cannot_be_is_refused(old: str, new: str, problem: str) -> None:
    with pytest.raises(RunbookInvalid) as refused:
        fleet(old, new)
    assert any(problem in str(one) for one in refused.value.problems), refused.value.problems


def test_a_runbook_without_groups_may_have_a_variable_called_host() -> None:
    text = SMALL.replace("[variables.", '[variables.host]\nprompt = "Host"\ndefault = "x"\n[variables.', 1)
    assert load_text(text, "r.toml").variables["host"].default == "x"
