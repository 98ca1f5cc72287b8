"""Checks that a scenario answers the probes of a whole `runbook check`, through the drill's own host."""

import json
from pathlib import Path

import pytest

from tests.support.runbooks.runbooks import one_section
from tests.support.sessions.fake_clock import FakeClock
from tui.drill.embedded_host import start_drill, transports_for
from tui.drill.scenario_files import parse_scenario
from tui.execution.measuring import prober
from tui.execution.workspace import Setup, Workspace
from tui.headless.tables import check_report
from tui.runbook.reading.load import load
from tui.session.archive.store import Store

CHECKS = ("threads", "ping", "max-used", "slow-log")
STEPS = "".join(
    f"""
[[sections.steps]]
id = "{check}"
title = "Check {check}"
[[sections.steps.actions]]
probe = {{ service = "database", check = "{check}" }}
"""
    for check in CHECKS
).replace('"threads" }', '"threads" }\nexpect = { numbers = [{ name = "percent", at_most = 90, unit = "%" }] }')
SERVICE = """
[secrets.db_password]
variable = "A_PASSWORD_THAT_IS_NOT_SET"
source = "environment"
[services.database]
kind = "mysql"
settings = { user = "shop" }
secrets = { password = "db_password" }
"""
SCENARIO = r"""
format = 1
title = "The database is full"
[facts]
full = "no"
[hosts.web]
hostname = "shop-1"
[[rules]]
match = '^probe database: threads'
when = { full = "no" }
output = '{"percent": 7.9, "summary": "12 of 151 connections"}'
set = { full = "yes" }
[[rules]]
match = '^probe database: threads'
output = '{"percent": 99.5, "summary": "150 of 151 connections"}'
[[rules]]
match = '^probe database: ping'
output = "2> it refuses the password; look at /srv/.env"
exit = 1
[[rules]]
match = '^probe database: max-used'
output = "2> no permission to ask; its grants"
exit = 2
"""


def test_a_scenario_answers_probes_and_says_which_it_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("A_PASSWORD_THAT_IS_NOT_SET", raising=False)
    asked: list[str] = []  # whom this machine trusts is of no use to what a scenario answers, and slow to read
    monkeypatch.setattr(prober, "context", asked.append)
    path = tmp_path / "runbook.toml"
    path.write_text(one_section(STEPS, "web") + SERVICE)
    runbook = load(path)
    said: list[str] = []
    with start_drill(parse_scenario(SCENARIO, "full.toml"), float("inf")) as host:
        transports = transports_for(runbook, host)
        workspace = Workspace(
            runbook,
            path.read_text(),
            Store(tmp_path / "sessions"),
            transports,
            FakeClock(),
            drill="The database is full",
        )
        setup = Setup(flow="deploy", operator="ana")
        try:
            first = check_report(workspace, setup, (), True, said.append)
            second = check_report(workspace, setup, (), True, lambda text: said.append(text))
        finally:
            workspace.close()
    assert (first, second) == (21, 21)
    assert asked == []
    before, after = (
        {row["step"]: (row["verdict"], row["came"], row["look"]) for row in json.loads(one)} for one in said
    )
    assert before["threads"] == ("ok", "7.9 %", "")
    assert after["threads"] == ("failed", "99.5 %", "")
    assert before["ping"] == ("failed", "it refuses the password", "look at /srv/.env")
    assert before["max-used"] == ("no data", "no permission to ask", "its grants")
    verdict, came, _ = before["slow-log"]
    assert verdict == "no data"
    assert came.endswith("this scenario has no answer to: probe database: slow-log (mysql through this machine)")
