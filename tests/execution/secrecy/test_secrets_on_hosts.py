"""A secret in a host's file: what is said of it is what the host said, and nothing where it said nothing."""

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import small
from tui.errors import HostError, RunbookError, SecretMissing
from tui.execution.preflight import Finding, Needed, RowVerdict, preflight
from tui.execution.secrecy.redaction import Redactor
from tui.execution.secrecy.secrets import Secrets
from tui.runbook.model import Runbook, Secret, SecretSource
from tui.session.outcome import Outcome, OutcomeKind
from tui.transports.base import Transport
from tui.transports.local.transport import LocalTransport

FILE = Secret(variable="DB_PASSWORD", source=SecretSource.HOST_FILE, file="/srv/shop/.env")


def made(secret: Secret) -> tuple[Runbook, Secrets]:
    runbook: Runbook = replace(small(), secrets={"db": secret})
    return runbook, Secrets(runbook, Redactor())


def resolved(secret: Secret, transport: Transport) -> Secrets:
    runbook, secrets = made(secret)
    secrets.resolve("db", {runbook.runbook.default_host: transport})
    return secrets


def checked(secret: Secret, transport: Transport) -> dict[str, Finding]:
    runbook, secrets = made(secret)
    host = runbook.runbook.default_host
    rows = preflight(runbook, {host: transport}, secrets, Needed(hosts=(host,), secrets=("db",)), lambda row: None)
    return {row.kind: row for row in rows}


DOWN = HostError("production does not answer", "is it up?")


def test_set_up_says_that_the_host_is_down_and_nothing_of_the_variable() -> None:
    host = FakeTransport()
    host.refuses = DOWN
    rows = checked(FILE, host)
    assert rows["host"].detail == "production does not answer"
    assert rows["secret"].verdict is RowVerdict.FAILED
    assert "was not read" in rows["secret"].detail
    assert "not set" not in rows["secret"].detail + rows["secret"].hint
    assert not host.ran


def test_the_file_of_a_secret_may_name_the_sessions_values() -> None:
    runbook, secrets = made(replace(FILE, file="{{ app_dir }}/.env"))
    name = runbook.runbook.default_host
    host = FakeTransport({"/srv/one/.env": Reply(b"of one"), "/srv/two/.env": Reply(b"of two")})
    for place in ("one", "two", "two"):
        secrets.know({"app_dir": f"/srv/{place}"})
        preflight(runbook, {name: host}, secrets, Needed(hosts=(name,), secrets=("db",)), lambda row: None)
        assert secrets.value("db") == f"of {place}"
    assert len(host.ran) == 2


def test_an_optional_one_of_a_host_that_is_down_is_not_told_as_not_set() -> None:
    host = FakeTransport()
    host.refuses = DOWN
    assert checked(replace(FILE, optional=True), host)["secret"].verdict is RowVerdict.FAILED


def test_a_host_that_calls_itself_otherwise_is_not_asked_for_a_secret() -> None:
    runbook, secrets = made(FILE)
    name = runbook.runbook.default_host
    runbook = replace(runbook, hosts={name: replace(runbook.hosts[name], expect_hostname="another")})
    host = FakeTransport()
    rows = preflight(runbook, {name: host}, secrets, Needed(hosts=(name,), secrets=("db",)), lambda row: None)
    assert [row.verdict for row in rows] == [RowVerdict.FAILED] * 2
    assert not host.ran


@pytest.mark.parametrize("kind", [OutcomeKind.UNREACHABLE, OutcomeKind.UNKNOWN, OutcomeKind.TIMED_OUT])
@pytest.mark.parametrize("secret", [FILE, replace(FILE, optional=True), replace(FILE, published="testpass123")])
def test_a_host_that_goes_away_meanwhile_has_said_nothing(secret: Secret, kind: OutcomeKind) -> None:
    host = FakeTransport({"/srv/shop/.env": Reply(outcome=Outcome(kind, detail="the connection was cut"))})
    with pytest.raises(HostError, match="could not be asked") as raised:
        resolved(secret, host)
    assert "the connection was cut" in raised.value.hint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "does not exist"),
        ("OTHER=1\n", "DB_PASSWORD is not set in"),
        ("DB_PASSWORD=\n", "DB_PASSWORD is not set in"),
        ('OTHER="open\n', "DB_PASSWORD is not set in"),
    ],
)
def test_a_file_without_the_value_is_told_by_what_it_is(tmp_path: Path, text: str | None, words: str) -> None:
    file = tmp_path / "shop.env"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SecretMissing) as raised:
        resolved(replace(FILE, file=str(file)), LocalTransport("web"))
    assert words in f"{raised.value.message} {raised.value.hint}"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_that_may_not_be_read_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / "shop.env"
    file.write_text("DB_PASSWORD=a-long-secret\n")
    file.chmod(0)
    for secret in (FILE, replace(FILE, optional=True)):
        with pytest.raises(RunbookError, match="may not be read"):
            resolved(replace(secret, file=str(file)), LocalTransport("web"))


def test_a_file_whose_last_line_fails_still_gives_its_value(tmp_path: Path) -> None:
    file = tmp_path / "shop.env"
    file.write_text("DB_PASSWORD='a long; secret'\nfalse\nexit 7\n")
    assert resolved(replace(FILE, file=str(file)), LocalTransport("web")).value("db") == "a long; secret"


def test_an_optional_one_whose_file_does_not_exist_has_none(tmp_path: Path) -> None:
    secret = replace(FILE, file=str(tmp_path / "none"), optional=True)
    assert not resolved(secret, LocalTransport("web")).has("db")
