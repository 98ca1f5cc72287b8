"""Secrets from the operator's own machine: commands and the keyring, and nothing of either without their agreement."""

import os
import select
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.support.runbooks.runbooks import small
from tui.errors import SecretMissing
from tui.execution.secrecy.own_machine import Agreements, from_keyring, printed
from tui.execution.secrecy.redaction import Redactor
from tui.execution.secrecy.secrets import Secrets
from tui.runbook.model import Secret, SecretSource

keyring: Any = import_module("keyring")
errors: Any = import_module("keyring.errors")


class Asked:
    """Agrees, or does not, and keeps what it was shown."""

    def __init__(self, yes: bool = True) -> None:
        self.yes = yes
        self.shown: list[list[str]] = []

    def __call__(self, title: str, lines: Sequence[str]) -> bool:
        self.shown.append(list(lines))
        return self.yes


def secrets_of(secret: Secret, agreements: Agreements | None = None, stand_in: str = "") -> Secrets:
    made = Secrets(replace(small(), secrets={"account": secret}), Redactor(), stand_in)
    made.agreements = agreements or Agreements(agree=Asked())
    return made


def command(text: str) -> Secret:
    return Secret(variable="ACCOUNT", source=SecretSource.COMMAND, command=text)


# commands


def test_what_a_command_prints_is_the_value_and_hidden_from_then_on() -> None:
    secrets = secrets_of(command("printf 'pa$$ \\nword\\n\\n'"))
    secrets.resolve("account", {})
    assert secrets.value("account") == "pa$$ \nword"
    assert secrets.environment(["account"]) == {"ACCOUNT": "pa$$ \nword"}
    assert secrets.redactor.redact("it is pa$$ here") == "it is ••• here"


def test_a_command_names_the_session_s_values_quoted() -> None:
    secrets = secrets_of(command("printf '%s' read-{{ release }}"), Agreements(agree=(asked := Asked())))
    secrets.know({"release": "v2; echo $(id)"})
    secrets.resolve("account", {})
    assert secrets.value("account") == "read-v2; echo $(id)"
    assert any("'v2; echo $(id)'" in line for line in asked.shown[0])
    secrets.know({"release": "v3"})
    assert not secrets.has("account")  # it is another place now


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("echo 'vault: permission denied' >&2; exit 2", "its command ends with 2: vault: permission denied"),
        ("no-such-program-here", "its command ends with 127: .*not found"),
        ("kill -9 $$", "its command is ended by signal 9"),
        ("true", "its command succeeds and prints nothing"),
        ("sh -c 'echo no such entry >&2; exit 1' | head -n 1", "succeeds and prints nothing: no such entry"),
        ("head -c 100000 /dev/zero | tr '\\0' x", "prints more than 64 KiB"),
        ("printf 'a\\377bcd'", "prints what is not text"),
        ("printf ab", "too short to be hidden"),
    ],
)
def test_each_failure_is_told_in_words(text: str, said: str) -> None:
    with pytest.raises(SecretMissing, match=said):
        secrets_of(command(text)).resolve("account", {})


def test_an_optional_secret_may_have_no_value() -> None:
    secrets = secrets_of(replace(command("true"), optional=True))
    secrets.resolve("account", {})
    assert not secrets.has("account")


def test_a_command_that_waits_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    script = f"sh -c 'echo $$ >{tmp_path}/pid; exec sleep 600' & cat /dev/tty; wait"
    with pytest.raises(SecretMissing, match="does not end within 0.5 s"):
        printed("account", script, Redactor(), patience=0.5)
    with suppress(ProcessLookupError):
        ended = os.pidfd_open(int((tmp_path / "pid").read_text()))
        assert select.select([ended], [], [], 20.0)[0]
        os.close(ended)


def test_nothing_of_what_a_failing_command_prints_is_said() -> None:
    with pytest.raises(SecretMissing) as caught:
        printed("account", "echo hunter22-token; echo 'bad token hunter22-token' >&2; exit 1", Redactor())
    assert "hunter22" not in caught.value.message + caught.value.hint
    assert "bad token •••" in caught.value.message


# agreement


def test_nothing_runs_before_the_operator_has_agreed_to_that_very_text(tmp_path: Path) -> None:
    witness = tmp_path / "ran"
    text = f"touch {witness}; echo value"
    no = Asked(yes=False)
    with pytest.raises(SecretMissing, match="you did not allow it"):
        secrets_of(command(text), Agreements(agree=no)).resolve("account", {})
    assert text in no.shown[0]
    for nobody in (Agreements(), Agreements(never=True, agree=Asked())):
        with pytest.raises(SecretMissing, match="nobody has agreed") as caught:
            secrets_of(command(text), nobody).resolve("account", {})
        assert text in caught.value.message
        assert "without --ask-never" in caught.value.hint
    assert not witness.exists()


def test_what_was_agreed_to_is_asked_again_only_where_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "state" / "agreed"
    asked = Asked()
    for _ in range(2):  # as by two processes
        secrets_of(command("echo value"), Agreements(file, agree=asked)).resolve("account", {})
    assert len(asked.shown) == 1
    secrets_of(command("echo value"), Agreements(file, never=True)).resolve("account", {})  # as cron would
    assert file.stat().st_mode & 0o777 == 0o600
    assert "echo value" not in file.read_text()
    changed = secrets_of(command("echo value; true"), Agreements(file, agree=asked))
    changed.resolve("account", {})
    other = Secrets(
        replace(small(), runbook=replace(small().runbook, id="other"), secrets={"account": command("echo value")}),
        Redactor(),
    )
    other.agreements = Agreements(file, agree=asked)
    other.resolve("account", {})
    assert len(asked.shown) == 3


def test_an_agreement_that_cannot_be_kept_holds_for_this_time(tmp_path: Path) -> None:
    (tmp_path / "agreed").symlink_to(tmp_path / "elsewhere")
    asked = Asked()
    agreements = Agreements(tmp_path / "agreed", agree=asked)
    for _ in range(2):
        secrets_of(command("echo value"), agreements).resolve("account", {})
    assert len(asked.shown) == 1
    assert not (tmp_path / "elsewhere").exists()


def test_a_drill_runs_nothing(tmp_path: Path) -> None:
    secrets = secrets_of(command(f"touch {tmp_path}/ran"), Agreements(agree=(asked := Asked())), "drill-secret")
    secrets.resolve("account", {})
    assert (secrets.value("account"), asked.shown, list(tmp_path.iterdir())) == ("drill-secret", [], [])


# the keyring


class Held:
    """What a keyring of a test has, and what it fails with."""

    error: Exception | None = None

    def get_password(self, service: str, username: str) -> str | None:
        if self.error is not None:
            raise self.error
        return "from the ring" if (service, username) == ("shop", "database") else None


@pytest.fixture
def ring() -> Iterator[Held]:
    held = Held()
    methods: dict[str, Any] = dict.fromkeys(("set_password", "delete_password"), lambda *given: None)
    methods |= {"priority": 1, "get_password": lambda _, *asked: held.get_password(*asked)}
    before = keyring.get_keyring()
    keyring.set_keyring(type("Ring", (keyring.backend.KeyringBackend,), methods)())
    yield held
    keyring.set_keyring(before)


def ringed(service: str) -> Secret:
    return Secret(variable="ACCOUNT", source=SecretSource.KEYRING, service=service, username="database")


def test_the_keyring_is_asked_once_it_is_agreed_to(ring: Held) -> None:
    asked = Asked()
    secrets = secrets_of(ringed("shop"), Agreements(agree=asked))
    secrets.resolve("account", {})
    assert secrets.value("account") == "from the ring"
    assert "shop, database" in asked.shown[0]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errors.NoKeyringError("No recommended backend was available"), "cannot be used: No recommended"),
        (errors.KeyringLocked("locked"), "cannot be used: locked"),
        (None, "has no value"),
    ],
)
def test_a_keyring_that_has_nothing_says_why(error: Exception | None, said: str, ring: Held) -> None:
    ring.error = error
    with pytest.raises(SecretMissing, match=said) as caught:
        secrets_of(ringed("another")).resolve("account", {})
    assert error is not None or "keyring set another database" in caught.value.hint


def test_without_the_library_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SecretMissing, match="not installed here") as caught:
        from_keyring("account", "shop", "database")
    assert "runbook-tui[keyring]" in caught.value.hint
