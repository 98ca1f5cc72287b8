"""Checks what a drill's host decides to answer, and what is different afterwards."""

from datetime import UTC, datetime

from tui.drill.scenario import Ending, Scenario
from tui.drill.scenario_files import parse_scenario
from tui.drill.world import NO_ANSWER, World, answer
from tui.transports.base import Stream

NOW = datetime(2026, 11, 24, 2, 5, 7, tzinfo=UTC)
TEXT = r'''
format = 1
title = "A drill"
facts = { live = "v1.9.0", web = "up" }
hosts.production = { hostname = "production-server" }

[[rules]]
match = '^git checkout (?P<tag>v[\d.]+)'
output = """
Previous HEAD was {{ live }}
2> HEAD is now at {{ tag }}
"""
pace = "3s"
set = { live = "{{ tag }}" }

[[rules]]
match = "status web"
when = { web = "up" }
output = "up since {{ now_long }}\n"

[[rules]]
match = "status web"
when = { web = ["down", "failed"] }
output = "down\n"
exit = 3

[[rules]]
match = "stop web"
set = { web = "down" }
pace = "2s"

[[rules]]
match = "hostname"
on = ["production"]
output = "{{ hostname }}"

[[rules]]
match = "crash"
signal = "KILL"
ending = "hang"
'''
SCENARIO: Scenario = parse_scenario(TEXT, "a.toml")


def out(script: str, facts: dict[str, str] | None = None, host: str = "production") -> str:
    reply = answer(SCENARIO, script, facts or dict(SCENARIO.facts), NOW, host)
    return b"".join(line.data for line in reply.lines).decode()


def test_a_template_is_filled_from_facts_groups_and_the_clock() -> None:
    assert out("cd /srv\ngit checkout v2.0.0") == "Previous HEAD was v1.9.0\nHEAD is now at v2.0.0\n"
    assert out("status web") == "up since Tue 2026-11-24 02:05:07 UTC\n"


def test_lines_go_to_the_output_they_are_marked_for_and_share_the_pace() -> None:
    reply = answer(SCENARIO, "git checkout v2.0.0", SCENARIO.facts, NOW)
    assert [line.stream for line in reply.lines] == [Stream.OUT, Stream.ERR]
    assert [line.delay for line in reply.lines] == [1.5, 1.5]
    assert answer(SCENARIO, "stop web", SCENARIO.facts, NOW).delay_after == 2.0


def test_the_first_rule_whose_facts_hold_answers() -> None:
    assert answer(SCENARIO, "status web", {"web": "failed"}, NOW).exit_status == 3
    assert answer(SCENARIO, "status web", {"web": "paused"}, NOW).exit_status == NO_ANSWER


def test_a_rule_of_one_host_does_not_answer_on_another() -> None:
    assert out("hostname") == "production-server"
    assert "no answer" in out("hostname", host="workstation")


def test_what_has_no_answer_is_said_and_is_no_success() -> None:
    reply = answer(SCENARIO, "preamble\nrm -rf /\n\n", SCENARIO.facts, NOW)
    assert (reply.exit_status, reply.answered, reply.changes) == (NO_ANSWER, False, {})
    assert b"rm -rf /" in reply.lines[0].data
    assert reply.lines[0].stream is Stream.ERR


def test_how_a_command_ends_is_the_scenarios() -> None:
    reply = answer(SCENARIO, "crash", SCENARIO.facts, NOW)
    assert (reply.signal, reply.ending) == ("KILL", Ending.HANG)


def test_facts_change_when_the_command_has_ended_and_not_before() -> None:
    world = World(SCENARIO, lambda: NOW)
    reply = world.answer("git checkout v2.0.0")
    assert world.facts["live"] == "v1.9.0"
    world.change(reply)
    assert world.facts["live"] == "v2.0.0"
    assert SCENARIO.facts["live"] == "v1.9.0"
    assert world.hostname("production") == "production-server"
    assert world.hostname("elsewhere") == "elsewhere"
