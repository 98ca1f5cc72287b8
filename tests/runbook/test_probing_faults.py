"""What the loader says of services and probes that cannot work, word for word."""

import pytest

from tests.support.runbooks.runbooks import one_section
from tui.errors import RunbookInvalid
from tui.runbook.reading.load import load_text

RIGHT = (
    one_section(
        """
[[sections.steps]]
id = "ask"
title = "Ask"
[[sections.steps.actions]]
probe = { service = "database", check = "query", with = { sql = "SELECT 1", empty = true } }
expect = { numbers = [{ name = "rows", at_most = 1 }], json = { "first.id" = 1 } }
capture = { one = { json = "value" } }
[[sections.steps]]
id = "write"
title = "Write"
mutates = true
[[sections.steps.actions]]
probe = { service = "bucket", check = "upload" }
""",
        "web",
    )
    + """
[secrets.db_password]
variable = "DB_PASSWORD"
source = "environment"
[variables.region]
prompt = "Region"
default = "eu"
[services.database]
kind = "mysql"
through = "web"
settings = { host = "db.{{ region }}", user = "shop" }
secrets = { password = "db_password" }
[services.bucket]
kind = "s3"
through = "web"
settings = { bucket = "shop" }
file = "/srv/.env"
from_file = { access_key = "S3_KEY", secret_key = "S3_SECRET" }
"""
)

ACTION = "sections[all].steps[ask].actions[0]."
"""What a path into the first step begins with; left out below."""
NOTHING = "means nothing for a probe (expect numbers by the names of its fields, or json)"

WRONG = [
    (
        'kind = "mysql"',
        'kind = "mysq"',
        ['37: services.database.kind: there is no kind "mysq" (did you mean "mysql"?)'],
    ),
    (
        'host = "db.{{ region }}"',
        'hots = "db"',
        ['39: services.database.settings.hots: there is no mysql setting "hots" (did you mean "host"?)'],
    ),
    (', user = "shop" }', " }", ['36: services.database: mysql needs "user" (the user to log in as)']),
    (
        'user = "shop"',
        'user = "shop", password = "plain"',
        [
            '39: services.database.settings.password: "password" is a secret '
            '(secrets = { password = "…" }, or from_file)'
        ],
    ),
    (
        'password = "db_password"',
        'password = "db_pasword"',
        ['40: services.database.secrets.password: there is no secret "db_pasword" (did you mean "db_password"?)'],
    ),
    (
        'through = "web"\nsettings = { host',
        'through = "wbe"\nsettings = { host',
        ['38: services.database.through: there is no host "wbe" (did you mean "web"?)'],
    ),
    (
        'through = "web"\nsettings = { bucket',
        "settings = { bucket",
        ['41: services.bucket: an environment file is a host\'s (through = "HOST")'],
    ),
    ('file = "/srv/.env"\n', "", ['41: services.bucket: file and from_file go together (file = "/srv/.env")']),
    (
        "db.{{ region }}",
        "db.{{ regoin }}",
        ['39: services.database.settings.host: no value for {{ regoin }} here (did you mean "region"?)'],
    ),
    (
        'service = "database"',
        'service = "databse"',
        ['20: probe.service: there is no service "databse" (did you mean "database"?)'],
    ),
    ('check = "query"', 'check = "qury"', ['20: probe.check: there is no mysql check "qury" (did you mean "query"?)']),
    ('sql = "SELECT 1", ', "", ['20: probe: query needs "sql" (SELECT, SHOW, EXPLAIN, DESCRIBE or WITH)']),
    (
        "empty = true",
        "empti = true",
        ['20: probe.with.empti: there is no query parameter "empti" (did you mean "empty"?)'],
    ),
    (
        "empty = true",
        'empty = "yes"',
        ["20: probe.with.empty: it must be true or false (whether it may return no rows)"],
    ),
    (
        "SELECT 1",
        "SELECT {{ regoin }}",
        ['20: probe.with.sql: no value for {{ regoin }} here (did you mean "region"?)'],
    ),
    (
        'name = "rows"',
        'name = "row"',
        ['21: expect.numbers[0].name: there is no query field "row" (did you mean "rows"?)'],
    ),
    (
        'name = "rows"',
        'name = "rows", pattern = "(.*)"',
        ["21: expect.numbers[0].pattern: a probe's number has no pattern (name = its field)"],
    ),
    ("expect = {", "expect = { exit = [0, 1],", [f'21: expect.exit: "exit" {NOTHING}']),
    (
        "expect = {",
        'expect = { http = { status = 200 }, contains = ["x"],',
        [f'21: expect.contains: "contains" {NOTHING}', f'21: expect.http: "http" {NOTHING}'],
    ),
    (
        '"first.id"',
        '"frist.id"',
        ['21: expect.json.frist.id: there is no query field "frist.id" (did you mean "first"?)'],
    ),
    (
        'json = "value"',
        'json = "valu"',
        ['22: capture.one.json: there is no query field "valu" (did you mean "value"?)'],
    ),
    (
        'user = "shop"',
        'user = "shop", port = "abc"',
        ['39: services.database.settings.port: must be a number, not "abc" (port)'],
    ),
    (
        'user = "shop"',
        'user = "shop", port = "33{{ regoin }}"',
        ['39: services.database.settings.port: no value for {{ regoin }} here (did you mean "region"?)'],
    ),
    (
        "mutates = true\n",
        "",
        ["27: sections[all].steps[write].actions[0].probe: upload leaves something behind (mutates = true)"],
    ),
]


def test_the_right_one_is_right() -> None:
    assert load_text(RIGHT, "r.toml").services["database"].kind == "mysql"


@pytest.mark.parametrize(("old", "new", "told"), WRONG)
def test_every_mistake_is_told_in_one_clear_fault(old: str, new: str, told: list[str]) -> None:
    assert old in RIGHT
    with pytest.raises(RunbookInvalid) as caught:
        load_text(RIGHT.replace(old, new, 1), "r.toml")
    assert [str(one).removeprefix("r.toml:").replace(ACTION, "", 1) for one in caught.value.problems] == told
