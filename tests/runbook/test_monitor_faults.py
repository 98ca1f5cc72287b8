"""What the loader says of monitors, triggers and watches that cannot work, word for word."""

import pytest

from tests.support.runbooks.runbooks import one_section
from tui.errors import RunbookInvalid
from tui.runbook.reading.load import load_text

RIGHT = (
    one_section(
        """
[[sections.steps]]
id = "live"
title = "Live"
[[sections.steps.actions]]
run = "uptime"
[[sections.steps]]
id = "watch"
title = "Watch"
[[sections.steps.actions]]
watch = { monitor = "errors", samples = "{{ samples }}", since = "live" }
expect = { numbers = [{ name = "errors", of = "average", below = 5 }] }
""",
        "web",
    )
    + """
[variables.samples]
prompt = "Samples"
default = "30"
[secrets.password]
variable = "PASSWORD"
source = "environment"
[services.site]
kind = "http"
through = "web"
settings = { url = "https://shop.example" }
[monitors.errors]
title = "Errors"
run = "count errors"
every = "30s"
timeout = "20s"
secrets = ["password"]
when = { flow = "deploy" }
number = { pattern = '([0-9]+)%', below = 1 }
[monitors.speed]
title = "Speed"
probe = { service = "site", check = "get", with = { path = "/" } }
number = { name = "seconds" }
[[rollback_reasons]]
id = "errors"
title = "Errors"
[triggers.errors]
monitor = "errors"
above = 10
for = "5m"
reason = "errors"
"""
)

WRONG = [
    ('run = "count errors"\n', "", "monitors.errors: a monitor has either run or probe"),
    ('title = "Speed"', 'title = "Speed"\nrun = "x"', "monitors.speed: a monitor has either run or probe"),
    ('every = "30s"', 'every = "0s"', "monitors.errors.every: every 0s is too often"),
    ('timeout = "20s"', 'timeout = "0s"', "monitors.errors.timeout: a measurement needs some time"),
    ('secrets = ["password"]', 'secrets = ["pasword"]', 'there is no secret "pasword" (did you mean "password"?)'),
    ('run = "count errors"', 'run = "count {{ nobody }}"', "monitors.errors.run"),
    ('run = "count errors"', 'run = "count errors"\non = "wb"', 'there is no host "wb" (did you mean "web"?)'),
    ("{ pattern = '([0-9]+)%'", "{ pattern = '[0-9]+%'", "monitors.errors.number.pattern"),
    ('when = { flow = "deploy" }', 'when = { folw = "deploy" }', 'there is no fact "folw" (did you mean "flow"?)'),
    ('when = { flow = "deploy" }', 'when = { flow = "deplo" }', 'flow is never "deplo" (did you mean "deploy"?)'),
    (
        'when = { flow = "deploy" }',
        'when = { environment = "staging" }',
        'monitors.errors.when.environment: environment is never "staging"',
    ),
    ('name = "seconds"', 'name = "second"', 'get has no figure "second" (did you mean "seconds"?)'),
    ('service = "site", check', 'service = "sit", check', 'there is no service "sit" (did you mean "site"?)'),
    (
        'check = "get", with = { path = "/" }',
        'check = "upload", with = { path = "/" }',
        "upload leaves something behind",
    ),
    ("[triggers.errors]\nmonitor = ", "[triggers.errors]\nmonitor = 'erors' #", 'there is no monitor "erors"'),
    ('reason = "errors"', 'reason = "eror"', "triggers.errors.reason: there is no reason"),
    ("above = 10\n", "", "triggers.errors: a trigger has either above or below"),
    ("above = 10\n", "above = 10\nbelow = 1\n", "triggers.errors: a trigger has either above or below"),
    ('for = "5m"', 'for = "0s"', "triggers.errors.for: a trigger needs a time for which its bound is passed"),
    ('watch = { monitor = "errors"', 'watch = { monitor = "error"', 'there is no monitor "error"'),
    ('since = "live"', 'since = "life"', 'there is no step "life" (did you mean "live"?)'),
    ('samples = "{{ samples }}"', 'samples = "many"', '"many" is not a number of samples'),
    ('of = "average", below', "of = 'average', pattern = '(.)', below", "what is watched has no pattern"),
]


def test_the_right_one_is_right() -> None:
    load_text(RIGHT, "runbook.toml")


@pytest.mark.parametrize(("right", "wrong", "said"), WRONG, ids=[said for _, _, said in WRONG])
def test_what_is_wrong_is_said_once(right: str, wrong: str, said: str) -> None:
    assert right in RIGHT
    with pytest.raises(RunbookInvalid) as caught:
        load_text(RIGHT.replace(right, wrong, 1), "runbook.toml")
    text = "\n".join(str(problem) for problem in getattr(caught.value, "problems", ())) or str(caught.value)
    assert said in text
    assert text.count(said) == 1
