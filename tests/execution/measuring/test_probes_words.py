"""What a probe's output says of itself: the runbook's expectations are judged beside it, and may fail."""

import pytest

from tui.execution.measuring.prober import written
from tui.probes.base import Reading
from tui.session.events import Check

BAD, DOUBTFUL = Check("less", "more", ok=False), Check("less", "more", ok=False, warning=True)


@pytest.mark.parametrize(("checks", "word"), [((), "answered"), ((DOUBTFUL,), "warning"), ((BAD,), "failed")])
def test_a_probe_never_says_ok_of_a_figure_that_the_runbook_may_find_bad(checks: tuple[Check, ...], word: str) -> None:
    made = written(Reading(document={"busy": 92}, summary="92 % busy", checks=checks), {}, {})
    assert getattr(made, "text", "").startswith(f"{word}: 92 % busy\n")
