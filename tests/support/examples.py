"""How many examples Hypothesis tries: two in five of what a test says, all of them in the long form."""

import os

VARIABLE = "RUNBOOK_EXAMPLES"
LONG = os.environ.get(VARIABLE) == "long"


def examples(number: int) -> int:
    """How many to try in this run, where the long form tries this number."""
    return number if LONG else max(20, number * 2 // 5)
