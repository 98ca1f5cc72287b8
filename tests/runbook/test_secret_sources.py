"""Where a runbook's secrets come from, and its hosts' sudo: what lint says of what does not fit."""

import pytest
from msgspec.structs import replace

from tests.support.runbooks.runbooks import SMALL, small
from tui.errors import RunbookInvalid
from tui.runbook.described.show import show
from tui.runbook.model import Host, Secret, SecretSource, SudoWay
from tui.runbook.reading.load import load_text

BEFORE = '[secrets.db_password]\nvariable = "DB_PASSWORD"\nsource = "environment"\n'
assert BEFORE in SMALL


def told(source: str, more: str = "", host: str = "") -> list[str]:
    """The problems of a runbook whose secret has this source."""
    text = SMALL.replace(BEFORE, f'[secrets.db_password]\nvariable = "DB_PASSWORD"\nsource = "{source}"\n{more}\n')
    text = text.replace("[hosts.tools]", f"{host}[hosts.tools]") if "connection" not in host else text
    text = text.replace('connection = "web"\n', host) if "connection" in host else text
    try:
        load_text(text, "r.toml")
    except RunbookInvalid as error:
        return [str(problem).partition(": ")[2] for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("source", "more", "problem"),
    [
        ("command", 'command = "op read op://shop/{{ release }}"', ""),
        ("keyring", 'service = "shop"\nusername = "{{ release }}"', ""),
        ("command", "", 'a secret from a command needs "command"'),
        ("keyring", 'service = "shop"', 'a secret from the keyring needs "username"'),
        ("environment", 'command = "op read"', "only a secret from a command has one"),
        ("command", 'command = "op"\nfile = "/etc/env"', "only a secret from a host's file has one"),
        ("command", 'command = "op read {{ nothing }}"', "no value for {{ nothing }} here"),
        ("command", 'command = "op read `{{ release }}`"', "release"),
        ("vault", "", "vault"),
    ],
)
def test_each_source_has_its_own_keys(source: str, more: str, problem: str) -> None:
    problems = told(source, more)
    assert (problem in "\n".join(problems)) if problem else problems == []


def test_sudo_is_said_where_the_connection_is() -> None:
    assert told("environment", host='sudo = "password"\n') == []
    (problem,) = told("environment", host='connection = "web"\nsudo = "password"\n')
    assert "sudo is of the connection" in problem
    assert "[hosts.web]" in problem
    assert "password" in "\n".join(told("environment", host='sudo = "yes"\n'))


def test_a_runbook_that_is_shown_says_what_it_does_on_this_machine() -> None:
    secret = Secret(variable="TOKEN", source=SecretSource.COMMAND, command="op read op://shop/token")
    hosts = {"web": Host(target="web", sudo=SudoWay.ASKED)}
    text = show(replace(small(), secrets={"token": secret}, hosts={**small().hosts, **hosts}))
    assert "secret token: $TOKEN from command op read op://shop/token" in text
    assert "host web: web, sudo asks for a password" in text
