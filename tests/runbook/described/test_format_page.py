import re
from pathlib import Path

import pytest
import tomli

from tui.runbook.reading.edition.second_edition import plain
from tui.runbook.reading.load import load_text
from tui.runbook.reading.structure import check
from tui.runbook.templates.variables import BUILT_INS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "runbook-format.md").read_text()
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
STEP = '[[sections]]\nid = "x"\ntitle = "x"\n[[sections.steps]]\nid = "x"\ntitle = "x"\n'


def test_the_least_that_works_works() -> None:
    load_text(BLOCKS[0], "page.toml")


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n")[0])
def test_the_examples_have_the_right_shape(block: str) -> None:
    first = block.split("\n")[0]
    start = STEP if first.startswith(("[[sections.steps", "[sections.steps")) else ""
    start += "[[sections.steps.actions]]\n" if first.startswith("[sections.steps.actions") else ""
    document, _, shorter = plain(tomli.loads(start + block))
    faults = [fault for fault in shorter if fault.path[:1] not in (("include",), ("commands",))] + check(document)[1]
    assert [fault for fault in faults if not fault.message.startswith("missing key")] == []


def test_every_built_in_name_is_named() -> None:
    assert [name for name in sorted(BUILT_INS) if f"`{name}`" not in PAGE] == []
