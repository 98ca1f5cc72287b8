"""What nobody has given a value is shown in words: no text, question or consequence keeps a placeholder."""

from collections.abc import Callable, Mapping

import pytest
from msgspec.structs import replace

from tests.support.runbooks.bundled_runbook import bundled_runbook
from tests.support.sessions.fake_clock import FakeClock
from tests.tui.conftest import dialog, journal, shown, until
from tui.app import RunbookApp
from tui.dialogs import SendMessage
from tui.errors import RunbookError
from tui.execution.commands import values_of
from tui.execution.judging.expectations import unmet
from tui.execution.measuring.watch import words_of_watch
from tui.execution.workspace import Setup, Workspace
from tui.runbook.described.expectations import expectations
from tui.runbook.described.probes import words_of
from tui.runbook.model import Link
from tui.runbook.reading.load import load_text
from tui.runbook.templates.filling import filled_action
from tui.runbook.templates.variables import address, worded
from tui.runbook.walk import steps_of
from tui.screens.links import Links
from tui.screens.run.screen import RunScreen
from tui.screens.run.text import not_known, start_of, start_rows
from tui.session import events as ev
from tui.session.state import initial
from tui.widgets.moment import Moment
from tui.widgets.step.text import card, question

RUNBOOK = bundled_runbook()
NOW = FakeClock().now()


def one_step(title: str, action: str) -> str:
    """The text of a step with one action."""
    return f'[[sections.steps]]\nid = "a"\ntitle = "{title}"\n[[sections.steps.actions]]\n{action}\n'


BEGINS = """
format = 1
[runbook]
title = "T"
default_host = "web"
[hosts.web]
local = true
[variables.day]
prompt = "The day"
optional = true
ask = false
[flows.deploy]
title = "D"
kind = "deploy"
sections = ["s"]
[[sections]]
id = "s"
title = "S"
"""
PAGE = BEGINS + one_step("Look at the page", 'open = "https://x.example/{{ day }}"')
SEND = (
    BEGINS
    + one_step("Tell everybody", 'send = "down"')
    + """
[messages.down]
title = "{{ title }} of {{ owner }} on {{ utc_date }}"
to = "{{ contact }}"
body = "down"
"""
)
LATER = (
    BEGINS
    + """
[[sections.steps]]
id = "b"
title = "B"
[[sections.steps.actions]]
run = "date"
capture = { backup_date = { pattern = "(.+)" } }
[[sections.steps]]
id = "a"
title = "A"
danger = "caution"
mutates = true
[[sections.steps.actions]]
run = "tar -xf /backup/{{ backup_date }}.tar"
stdin = "{{ backup_date }}"
[[sections.steps.actions]]
run = 'ls "{{ backup_date }}" && echo {{ backup_date }}'
"""
)


def test_a_text_a_question_and_a_consequence_say_that_there_is_no_value_yet() -> None:
    values = values_of(RUNBOOK, {"flow": "deploy"}, NOW)
    for _, step in steps_of(RUNBOOK):
        texts = [worded(step.text, values), worded(step.note, values)]
        for action in step.actions:
            texts += [question(action, values), *filled_action(action, values).consequences.values()]
        assert "{{" not in "".join(texts), step.id
    (dashboards,) = [step for _, step in steps_of(RUNBOOK) if step.id == "verify-dashboards"]
    shown = "".join(
        text for line in card(Moment(state=initial(RUNBOOK), now=NOW), dashboards.id) for text, _ in line.pieces
    )
    assert "Sentry counted (sentry before: no value yet) errors" in " ".join(shown.split())


def test_a_command_and_its_input_say_it_too_on_every_card() -> None:
    later = load_text(LATER, "r.toml")
    said = "".join(text for line in card(Moment(state=initial(later), now=NOW), "a") for text, _ in line.pieces)
    assert "{{" not in said
    assert said.count("(backup date: no value yet)") == 4
    (step,) = [step for _, step in steps_of(later) if step.id == "a"]
    start, _ = start_of(initial(later), step, 0, NOW)
    told = "\n".join(row.text for row in start_rows(start, 100))
    assert "{{" not in told
    assert "tar -xf /backup/(backup date: no value yet).tar" in told


def test_a_check_and_what_is_expected_say_it_too_on_every_card_and_in_what_is_recorded() -> None:
    """Also where nothing was captured because the step that finds it was skipped."""
    values = {"flow": "deploy"}
    for _, step in steps_of(RUNBOOK):
        for action in step.actions:
            expected = "; ".join(expectations(filled_action(action, values).expect))
            words = words_of(RUNBOOK, action.probe, values) if action.probe else ""
            words += words_of_watch(action, values) if action.watch else ""
            recorded = "".join(check.expected + check.came for check in unmet(action, values))
            assert "{{" not in expected + words + recorded, step.id


def test_a_step_that_changes_something_is_not_begun_while_what_it_asks_or_gives_has_no_value() -> None:
    later = load_text(LATER, "r.toml")
    (step,) = [step for _, step in steps_of(later) if step.id == "a"]
    assert not_known(initial(later), step, 0, NOW) == ["backup_date"]
    only_input = replace(step, actions=(replace(step.actions[0], run="tar -x"),))
    assert not_known(initial(later), only_input, 0, NOW) == ["backup_date"]


def test_the_address_of_a_page_needs_every_value() -> None:
    assert address("https://x.example/{{ day }}", {"day": "1"}) == "https://x.example/1"
    unset: list[Mapping[str, str]] = [{}, {"day": " "}]
    for values in unset:
        with pytest.raises(RunbookError, match="day has no value yet"):
            address("https://x.example/{{ day }}", values)


async def test_a_link_with_a_value_that_is_not_known_is_neither_opened_nor_copied(workspace: Workspace) -> None:
    app = RunbookApp(workspace)
    async with app.run_test() as pilot:
        got: list[str | None] = []
        app.push_screen(Links((Link(title="Day", url="https://x.example/{{ day }}"),)), got.append)
        await dialog(pilot, Links)
        assert "https://x.example/(day: no value yet)" in shown(app)
        await pilot.press("enter")
        await until(pilot, lambda: "day has no value yet" in shown(app))
        assert (got, app.clipboard) == ([], "")


@pytest.mark.parametrize("key", ["o", "enter"])
async def test_the_page_of_a_step_with_a_value_that_is_not_known_is_not_opened(
    make_workspace: Callable[..., Workspace], key: str
) -> None:
    app = RunbookApp(make_workspace(PAGE))
    async with app.run_test() as pilot:
        app.begin(Setup(flow="deploy", operator="ana"))
        await until(pilot, lambda: "Look at the page" in shown(app) and isinstance(app.screen, RunScreen))
        await pilot.press("enter", key)
        await until(pilot, lambda: any("day has no value yet" in one.message for one in app._notifications))
        assert app.clipboard == ""
    assert not any(isinstance(event, ev.LinkOpened) for event in journal(app.workspace))


async def test_the_message_that_is_sent_next_is_called_by_its_whole_title(
    make_workspace: Callable[..., Workspace],
) -> None:
    """Also by what the runbook says of itself and by the time, which are not facts of the session."""
    app = RunbookApp(make_workspace(SEND.replace('title = "T"', 'title = "T"\nowner = "O"\ncontact = "ops@x.example"')))
    async with app.run_test(size=(160, 40)) as pilot:
        app.begin(Setup(flow="deploy", operator="ana"))
        await until(pilot, lambda: "Tell everybody" in shown(app) and isinstance(app.screen, RunScreen))
        await pilot.press("enter")
        await dialog(pilot, SendMessage)
        await pilot.press("escape")
        await until(pilot, lambda: "T of O on 2026-" in shown(app) and "to ops@x.example" in shown(app))
        assert "no value yet" not in shown(app)
