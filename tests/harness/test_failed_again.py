"""In CI a few tests that failed beside others are tried again alone; many are not chance."""

import json
from pathlib import Path

import pytest

from tools import failed


@pytest.mark.parametrize(
    ("names", "code", "printed"),
    [
        ((), 1, ""),
        (("tests/b.py::test_two", "tests/a.py::test_one"), 0, "tests/a.py::test_one\ntests/b.py::test_two\n"),
        (tuple(f"tests/a.py::test_{number}" for number in range(failed.FEW + 1)), 1, ""),
    ],
    ids=["none", "few", "many"],
)
def test_only_a_few_are_tried_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    names: tuple[str, ...],
    code: int,
    printed: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    if names:
        failed.LAST_FAILED.parent.mkdir(parents=True)
        failed.LAST_FAILED.write_text(json.dumps(dict.fromkeys(names, True)), encoding="utf-8")
    assert failed.main() == code
    assert capsys.readouterr().out == printed
