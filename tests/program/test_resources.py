"""Checks that files which travel with the program are found both ways, and that a missing one is said plainly."""

from pathlib import Path

import pytest

from tui import resources
from tui.errors import RunbookError
from tui.resources import bundled

ROOT = Path(__file__).parent.parent.parent


def test_a_checkout_has_them_at_its_top() -> None:
    assert bundled("pyproject.toml") == ROOT / "pyproject.toml"


def test_a_wheel_has_them_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tui/bundled/drills").mkdir(parents=True)
    monkeypatch.setattr(resources, "PACKAGE", tmp_path / "tui")
    assert bundled("drills") == tmp_path / "tui/bundled/drills"


def test_what_is_in_neither_place_is_said_with_what_to_do() -> None:
    with pytest.raises(RunbookError, match="no-such-file did not come") as caught:
        bundled("no-such-file")
    assert caught.value.hint
