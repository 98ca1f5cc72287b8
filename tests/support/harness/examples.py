"""What Hypothesis tries: one in four of the examples that a test says, all of them in the long form."""

import os

from hypothesis import given, settings, strategies
from hypothesis.internal.conjecture import providers

VARIABLE = "RUNBOOK_EXAMPLES"
LONG = os.environ.get(VARIABLE) == "long"


def examples(number: int) -> int:
    """How many to try in this run, where the long form tries this number."""
    return number if LONG else max(20, number // 4)


def letters() -> None:
    """Have Hypothesis know all letters there are: where it finds no file of its own, that takes seconds."""

    @settings(max_examples=1, database=None)
    @given(strategies.text())
    def one(text: str) -> None:
        pass

    one()


def few_examples() -> None:
    """Set what holds where a test says nothing; no example has a time to end in, as on a busy machine any takes long.

    Hypothesis reads the constants of every module of the project, in each process, to try them now and then: four
    seconds of processor time in a fresh clone. Only the long form does; the interface is private, and where it changes
    they are read as before.
    """
    settings.register_profile("here", max_examples=examples(100), deadline=None)
    settings.load_profile("here")
    if not LONG:
        providers.is_local_module_file = lambda path: False
