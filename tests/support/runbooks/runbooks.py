"""Small runbooks for tests of the engine, and for benches."""

import json
from collections.abc import Iterable, Mapping

import tomli
from msgspec import convert

from tui.runbook.model import Runbook
from tui.runbook.shell.counting import counted

SMALL = """
format = 1
[runbook]
title = "Shop"
release = "v2"
default_host = "web"
[hosts.web]
target = "web"
directory = "/srv/shop"
[hosts.tools]
connection = "web"
preamble = "export TOOLS=1"
[secrets.db_password]
variable = "DB_PASSWORD"
source = "environment"
[variables.release]
prompt = "Release"
default = "v2"
pattern = 'v\\d+'
[methods.docker]
title = "Docker"
recommended = true
[methods.manual]
title = "Manual"
[flows.deploy]
title = "Deploy"
kind = "deploy"
sections = ["before", "change"]
methods = ["docker", "manual"]
[flows.rollback]
title = "Roll back"
kind = "rollback"
sections = ["back"]
[[rollback_reasons]]
id = "errors"
title = "Error rate above 10%"
[[checklist]]
id = "backup-made"
title = "Backup made"
[[checklist]]
id = "code-updated"
title = "Code updated"
[messages.notice]
title = "Notice"
body = "Deploying {{ release }} at {{ utc_time }}, {{ operator }}"
[[sections]]
id = "before"
title = "Before"
[[sections.steps]]
id = "look"
title = "Look around"
budget = "10s"
[[sections.steps.actions]]
run = "uptime"
expect = { contains = ["load"] }
[[sections.steps.actions]]
run = "git describe"
capture = { tag_before = {} }
[[sections.steps]]
id = "backup"
title = "Back up"
mutates = true
danger = "caution"
signoff = "operator"
checklist = ["backup-made"]
[[sections.steps.actions]]
run = "dump > /backups/{{ release }}.sql"
secrets = ["db_password"]
[[sections.steps]]
id = "announce"
title = "Announce"
[[sections.steps.actions]]
send = "notice"
[[sections.steps.actions]]
ask = "How many errors?"
answer = "number"
expect = { numbers = [{ name = "errors", below = 5 }] }
[[sections]]
id = "change"
title = "Change"
[[sections.steps]]
id = "switch-docker"
title = "Switch containers"
when = { method = "docker" }
mutates = true
danger = "destructive"
signoff = "two-person"
undo = ["switch-back"]
checklist = ["code-updated"]
[[sections.steps.actions]]
run = "compose up {{ release }}"
[[sections.steps]]
id = "switch-manual"
title = "Switch units"
when = { method = "manual" }
mutates = true
[[sections.steps.actions]]
run = "systemctl restart shop"
[[sections]]
id = "back"
title = "Back"
[[sections.steps]]
id = "switch-back"
title = "Switch back"
mutates = true
needed_if = { method = "docker" }
[[sections.steps.actions]]
run = "compose up {{ tag_before }}"
[[sections.steps]]
id = "restart-units"
title = "Restart units"
mutates = true
needed_if = { method = "manual" }
[[sections.steps.actions]]
run = "systemctl restart shop"
"""


def one_section(steps: str, host: str, target: str = "", title: str = "Steps", flow: str = "deploy") -> str:
    """The text of a runbook that takes these steps on one host, and nothing else."""
    return f"""
format = 1
[runbook]
title = "{title}"
default_host = "{host}"
[hosts.{host}]
target = "{target or host}"
[flows.{flow}]
title = "Deploy"
kind = "deploy"
sections = ["all"]
[[sections]]
id = "all"
title = "All"
{steps}"""


def shop(deploy: Mapping[str, str], back: str = "", more: str = "") -> str:
    """The text of a runbook of one host, "web".

    Args:
        deploy: the deployment's sections by their ids, each with its steps as inline tables, one a line.
        back: the steps of the rollback; without any there is none.
        more: further tables, as other hosts.
    """
    sections = {**deploy, "back": back} if back else deploy
    flows = [_flow("deploy", "Deploy", deploy), _flow("rollback", "Roll back", ["back"]) if back else ""]
    return f"""
format = 1
[runbook]
title = "Shop"
default_host = "web"
[hosts.web]
target = "web"
{more}
{"".join(flows)}
{"".join(_section(name, steps) for name, steps in sections.items())}"""


def _flow(kind: str, title: str, sections: Iterable[str]) -> str:
    return f'[flows.{kind}]\ntitle = "{title}"\nkind = "{kind}"\nsections = {json.dumps(list(sections))}\n'


def _section(name: str, steps: str) -> str:
    return f'[[sections]]\nid = "{name}"\ntitle = "{name.capitalize()}"\nsteps = [\n{steps}\n]\n'


def small() -> Runbook:
    return counted(convert(tomli.loads(SMALL), Runbook))
