"""A rehearsal of a runbook whose hosts want logins, sudo and secrets of this machine asks nobody and runs nothing."""

import os
from pathlib import Path

import pytest

from tests.support.harness import program
from tests.support.harness.program import DEVNULL, PROGRAM
from tests.support.runbooks.runbooks import one_section

STEPS = """
[[sections.steps]]
id = "look"
title = "Look"
[[sections.steps.actions]]
run = "sudo systemctl is-active app"
reads = true
expect = { contains = ["active"] }
[[sections.steps]]
id = "change"
title = "Change"
mutates = true
danger = "caution"
[[sections.steps.actions]]
run = "sudo systemctl restart app; echo $TOKEN $OTHER | wc -l"
secrets = ["token", "other"]
"""
SECRETS = """
[secrets.token]
variable = "TOKEN"
source = "command"
command = "touch HERE/started; echo a-token"
[secrets.other]
variable = "OTHER"
source = "keyring"
service = "shop"
username = "database"
"""


@pytest.mark.parametrize("way", ["own", "openssh"])
def test_nobody_is_asked_and_no_program_is_started_for_a_login(way: str, tmp_path: Path) -> None:
    started, programs = tmp_path / "started", tmp_path / "bin"
    programs.mkdir()
    for name in ("ssh", "sudo"):
        (programs / name).write_text(f"#!/bin/sh\necho {name} >>{started}\nexit 255\n")
        (programs / name).chmod(0o755)
    text = one_section(STEPS, "web", "box.invalid", "Shop").replace(
        'target = "box.invalid"', f'target = "box.invalid"\nconnect_with = "{way}"\nsudo = "password"'
    )
    (tmp_path / "runbook.toml").write_text(text + SECRETS.replace("HERE", str(tmp_path)))
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "RUNBOOK_SESSIONS": str(tmp_path / "sessions"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    done = program.run(
        [*PROGRAM, "drill", str(tmp_path / "runbook.toml"), "--headless"],
        stdin=DEVNULL,
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "signed" in done.stdout
    assert not started.exists(), started.read_text()
