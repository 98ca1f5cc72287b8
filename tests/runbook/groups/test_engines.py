"""What a runbook may say of hosts that AWS Systems Manager reaches."""

import pytest

from tests.support.machines.fleet import of_group
from tui.cli.ways import transports_of
from tui.errors import RunbookInvalid
from tui.runbook.described.show import show
from tui.runbook.model import Runbook
from tui.runbook.reading.load import load_text

TEXT = of_group(
    ["i-0123456789abcdef0", "i-0123456789abcdef1"],
    """title = "S"
[[sections.steps]]
id = "roll"
title = "Roll"
mutates = true
[[sections.steps.actions]]
run = "roll"
on = "web"
""",
    more="""engine = "ssm"
region = "eu-central-1"
user = "deploy"
[secrets.token]
variable = "TOKEN"
source = "environment"
[environments.staging]
hosts.lb = { target = "i-0123456789abcdef2", engine = "ssm" }
""",
)
ID = '"i-0123456789abcdef1"'


def fleet(old: str = "", new: str = "") -> Runbook:
    assert old in TEXT
    return load_text(TEXT.replace(old, new), "r.toml")


def test_each_member_is_reached_by_it() -> None:
    runbook = fleet()
    assert runbook.hosts["i-0123456789abcdef1"].engine == "ssm"
    assert "(2 hosts), by AWS Systems Manager" in show(runbook)
    assert transports_of(runbook)["i-0123456789abcdef1"].durable


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (ID, '"web1"', 'r.toml:9: hosts.web.targets[1]: "web1" is not the id of an instance'),
        ('engine = "ssm"\n', "", "hosts.web.region: a region is of a host by Systems Manager"),
        (
            'engine = "ssm"\nregion = "eu-central-1"\n',
            'large_output = "s3://ops"\n',
            "a bucket for large output is of a host",
        ),
        ('user = "deploy"', 'large_output = "ops/x"', 'hosts.web.large_output: "ops/x" is not a bucket of S3'),
        ('user = "deploy"', 'large_output = "s3://Ops"', '"s3://Ops" is not a bucket of S3'),
        ('user = "deploy"', 'port = 22\nconnect_with = "openssh"', '"port" means nothing by Systems Manager'),
        ('user = "deploy"', 'connect_with = "openssh"', '"connect_with" means nothing by Systems Manager'),
        ('target = "lb"', 'local = true\nengine = "ssm"', '"engine" means nothing beside "local"'),
        ('on = "web"', 'on = "web"\nsecrets = ["token"]', "a command there gets no secrets"),
        ('run = "roll"\non = "web"', 'run = "roll"\nsecrets = ["token"]', "a command there gets no secrets"),
        (
            'on = "web"',
            'on = "i-0123456789abcdef0"\ncapture.word = { pattern = "(.)", secret = true }',
            "no secret is captured there",
        ),
        ('run = "roll"\non = "web"', 'interactive = "vi"\non = "i-0123456789abcdef0"', "carries no terminals"),
        ('source = "environment"', 'source = "host-file"\nfile = ".env"', "no secret is read from there"),
        (
            "[flows.deploy]",
            '[services.db]\nkind = "redis"\nthrough = "i-0123456789abcdef0"\n[flows.deploy]',
            "which has no tunnels",
        ),
        (
            "[flows.deploy]",
            '[monitors.m]\ntitle="M"\nrun = "x"\nsecrets = ["token"]\n[flows.deploy]',
            "gets no secrets",
        ),
    ],
)
def test_what_it_cannot_carry_is_refused(old: str, new: str, problem: str) -> None:
    with pytest.raises(RunbookInvalid) as refused:
        fleet(old, new)
    assert any(problem in str(one) for one in refused.value.problems), refused.value.problems
