"""A section that goes over a group host by host, as it is written: what it becomes, and what is refused."""

import pytest

from tests.runbook.groups.test_groups import FLEET
from tui.errors import RunbookInvalid
from tui.runbook.described.show import show
from tui.runbook.described.wiki_page import wiki_page
from tui.runbook.groups.host_by_host import budget_of
from tui.runbook.groups.printed_hosts import with_lists
from tui.runbook.kinds import Approval
from tui.runbook.reading.load import load_text

ROLL = FLEET.replace("at_once = 2\nstop_after = 1\n", "").replace('title = "S"', 'title = "S {{ host }}"\neach = "web"')
SECTION, STEP, WHERE = 'title = "S"', 'title = "Restart"', "sections[s].steps[restart]"


def refused(text: str, old: str, new: str) -> str:
    """What is said of a runbook in which one thing is written otherwise."""
    assert old in text
    with pytest.raises(RunbookInvalid) as error:
        load_text(text.replace(old, new, 1), "r.toml")
    return "\n".join(map(str, error.value.problems))


@pytest.mark.parametrize(
    ("old", "more", "problem"),
    [
        (SECTION, 'each = "web"', f'r.toml:32: {WHERE}.actions[1].at_once: "at_once" is said once, where each is'),
        (SECTION, 'each = "lb"', 'r.toml:21: sections[s].each: "lb" is one host'),
        (SECTION, 'each = "wep"', 'r.toml:21: sections[s].each: there is no host "wep" (did you mean "web"?)'),
        (SECTION, 'batches = ["0"]', 'r.toml:21: sections[s].batches[0]: "0" is not right here'),
        (SECTION, 'batches = ["101%"]', '"101%" is not right here'),
        (SECTION, 'batches = ["1"]', 'r.toml:21: sections[s].batches: "batches" means nothing without each'),
        (SECTION, 'each = "web"\nsoak = "2m"', "r.toml:22: sections[s].soak: there is one batch, and nothing to soak"),
        (SECTION, 'soak = "2m"', 'r.toml:21: sections[s].soak: "soak" means nothing without each'),
        (SECTION, "stop_after = 2", 'sections[s].stop_after: "stop_after" means nothing without each'),
        (STEP, 'batches = ["1"]', f'{WHERE}.batches: "batches" means nothing without each'),
        (STEP, 'each = "web"\nlook = { run = "x" }', f"{WHERE}.look: a look of a step that goes over a group"),
        ('on = "web"', 'undo = ["restart"]', '.undo: "undo" of one action is for what goes over a group'),
    ],
)
def test_what_means_nothing_is_refused(old: str, more: str, problem: str) -> None:
    assert problem in refused(FLEET, old, f"{old}\n{more}")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('run = "version"\non = "web"', 'ask = "Ready?"', 'host by host on "web" only commands (run) and probes on it'),
        ('run = "version"\non = "web"', 'run = "version"\non = "lb"', f"{WHERE}.actions[0].on: host by host on"),
        (STEP, f'{STEP}\nwhen = {{ flow = "deploy" }}', '"when" cannot be one step\'s where the section goes over'),
        (STEP, f"{STEP}\nat_once = 2", '"at_once" cannot be one step\'s'),
        (STEP, f'{STEP}\neach = "web"', '"each" cannot be one step\'s'),
        ('on = "web"', 'on = "web"\nundo = ["no"]', f'{WHERE}.actions[0].undo[0]: there is no step "no"'),
    ],
)
def test_what_cannot_be_done_host_by_host_is_refused(old: str, new: str, problem: str) -> None:
    assert problem in refused(ROLL, old, new)


def test_a_limit_of_a_step_is_that_of_its_commands_on_groups() -> None:
    text = FLEET.replace("at_once = 2\n", "").replace(STEP, f"{STEP}\nat_once = 3", 1)
    assert [(one.at_once, one.stop_after) for one in load_text(text, "r").sections[0].steps[0].actions] == [
        (3, None),
        (3, 1),
    ]


def test_the_steps_of_a_section_become_one_with_all_that_they_say() -> None:
    more = """[[sections.steps]]
id = "look"
title = "Look"
signoff = "two-person"
danger = "destructive"
budget = "2m"
run = "curl http://x"
"""
    allowed = ROLL.replace(STEP, f'{STEP}\napprove = "second-person"', 1)
    more += 'approve = "second-person-or-alone"\n'
    (step,) = load_text(allowed + more, "r").sections[0].steps
    assert step.approve is Approval.SECOND_PERSON, "who may not start one of them alone may not start all of them"
    assert (step.id, step.title, step.signoff, step.danger) == ("s", "S web", "two-person", "destructive")
    assert step.budget == "180s"
    assert [(one.title, one.on) for one in step.actions] == [("Restart", "web"), ("Restart", "web"), ("Look", "web")]


def test_its_budget_is_for_the_hosts_that_the_group_has_by_now() -> None:
    rolls = 'each = "web"\nbatches = ["1", "100%"]\nat_once = 4\nsoak = "2m"'
    text = ROLL.replace('each = "web"', rolls).replace('hosts.web = { targets = ["stage[1:2]"] }\n', "")
    text = text.replace('targets = ["web[01:03].example.com"]', 'targets_from = "list-hosts"')
    runbook = load_text(text, "r")
    (step,) = runbook.sections[0].steps
    assert budget_of(runbook, step) == 60  # of how many nobody knows yet
    many = with_lists(runbook, {"web": tuple(f"web{number}" for number in range(1, 14))})
    assert budget_of(many, step) == 60 + 120 + 3 * 60
    assert "budget 60s for each host" in show(many)


def test_it_is_described_with_its_batches_and_limits() -> None:
    text = ROLL.replace('each = "web"', 'each = "web"\nbatches = ["1", "100%"]\nsoak = "2m"\nstop_after = 2')
    told = "host by host on web in batches of 1, 100%, 2m of soak between them, 5 at once, stop at 2"
    runbook = load_text(text, "r")
    assert told in show(runbook)
    assert told in wiki_page(runbook)


def test_what_undoes_one_of_its_steps_undoes_the_actions_of_that_step() -> None:
    more = """[[sections.steps]]
id = "fill"
title = "Fill"
undo = ["empty"]
run = "fill"
[[sections]]
id = "back"
title = "Back"
each = "web"
[[sections.steps]]
id = "empty"
title = "Empty"
run = "empty"
"""
    (step,), (undoing,) = (section.steps for section in load_text(ROLL + more, "r").sections)
    assert undoing.id == "back"
    assert (step.undo, [one.undo for one in step.actions]) == (("back",), [(), (), ("back",)])
