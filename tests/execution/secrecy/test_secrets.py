"""Where a secret's value comes from when its source has none."""

import pytest
from msgspec.structs import replace

from tests.support.runbooks.runbooks import small
from tui.errors import SecretMissing
from tui.execution.secrecy.redaction import Redactor
from tui.execution.secrecy.secrets import Secrets
from tui.runbook.model import Runbook, Secret, SecretSource


def made(secret: Secret, stand_in: str = "") -> Secrets:
    runbook: Runbook = replace(small(), secrets={"account": secret})
    return Secrets(runbook, Redactor(), stand_in)


PUBLISHED = Secret(variable="SHOP_TEST_PASSWORD", source=SecretSource.ENVIRONMENT, published="testpass123")


def test_a_published_secret_is_used_where_the_environment_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_TEST_PASSWORD", raising=False)
    secrets = made(PUBLISHED)
    secrets.resolve("account", {})
    assert secrets.value("account") == "testpass123"
    assert secrets.is_published("account")


def test_the_environment_goes_before_the_published_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TEST_PASSWORD", "another-one")
    secrets = made(PUBLISHED)
    secrets.resolve("account", {})
    assert secrets.value("account") == "another-one"
    assert not secrets.is_published("account")


def test_a_secret_without_a_published_value_must_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_TEST_PASSWORD", raising=False)
    with pytest.raises(SecretMissing, match="secret account has no value"):
        made(replace(PUBLISHED, published="")).resolve("account", {})


def test_a_drill_needs_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TEST_PASSWORD", "another-one")
    secrets = made(PUBLISHED, stand_in="drill-secret")
    secrets.resolve("account", {})
    assert secrets.value("account") == "drill-secret"
