import pytest

from tui.execution.judging.captures import Captured, capture
from tui.runbook.model import Capture

TEXT = 'backup started\nBACKUP_DATE=20261124_020311\n{"tokens": {"access": "eyJhb.G.c", "ttl": 300}}\n'


@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        (Capture(pattern=r"BACKUP_DATE=(\S+)"), "20261124_020311"),
        (Capture(pattern=r"^backup \w+$"), "backup started"),
        (Capture(pattern=r"(nothing)?started"), None),
        (Capture(pattern="absent"), None),
        (Capture(json="tokens.access"), "eyJhb.G.c"),
        (Capture(json="tokens.ttl"), "300"),
        (Capture(json="tokens.refresh"), None),
        (Capture(json="tokens.access", pattern=r"^(\w+)\."), "eyJhb"),
        (Capture(), TEXT.strip()),
    ],
)
def test_one_value(wanted: Capture, value: str | None) -> None:
    found = capture({"it": wanted}, TEXT)
    assert found == (Captured({"it": value}) if value else Captured(missing=("it",)))


def test_secret_and_optional_values_are_told_apart() -> None:
    captures = {
        "token": Capture(json="tokens.access", secret=True),
        "day": Capture(pattern=r"DATE=(\d{8})"),
        "maybe": Capture(pattern="absent", optional=True),
        "needed": Capture(pattern="absent", secret=True),
    }
    found = capture(captures, TEXT)
    assert found.values == {"day": "20261124"}
    assert found.secrets == {"token": "eyJhb.G.c"}
    assert found.missing == ("needed",)
    assert "eyJhb" not in repr(found)


def test_all_of_no_output_is_no_value() -> None:
    assert capture({"tag": Capture()}, " \n").missing == ("tag",)


def test_a_value_of_megabytes_is_a_mistake() -> None:
    assert capture({"tag": Capture()}, "x" * 70_000).missing == ("tag",)
