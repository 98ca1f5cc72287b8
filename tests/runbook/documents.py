"""A runbook that uses every part of the format."""

FULL = """\
format = 1

[runbook]
title = "Shop"
release = "v2"
environment = "production"
owner = "shop team"
contact = "+49 30 1"
document = "shop.md"
architecture = ["web", "db"]
default_host = "web"
default_timeout = "2m"
source = "1-3"

[window]
days = ["tue", "wed"]
starts = "02:00"
ends = "04:00"
timezone = "Europe/Berlin"
frozen = ["2026-12-24"]

[hosts.web]
target = "web-{{ region }}"
user = "deploy"
port = 22
directory = "/srv/shop"
environment = { LANG = "C" }
expect_hostname = "web"

[hosts.tools]
connection = "web"
preamble = ". venv/bin/activate"

[hosts.here]
local = true

[variables.release]
prompt = "Release"
default = "v2"
pattern = 'v\\d+'
choices_from = "git tag"
on = "here"

[variables.region]
prompt = "Region"
default = "eu"
choices = ["eu", "us"]
flows = ["deploy"]

[secrets.db_password]
variable = "DB_PASSWORD"
source = "host-file"
file = "/srv/shop/.env"
on = "web"

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
guarded = true
budget = "45m"

[flows.rollback]
title = "Roll back"
kind = "rollback"
sections = ["back"]

[flows.verify]
title = "Verify"
kind = "verify"
sections = ["before"]

[messages.notice]
title = "Notice"
to = "#deploys"
body = "Deploying {{ release }} at {{ utc_time }}, {{ operator }}, from {{ tag_before }}"
send = "notify --title {{ title }}"

[[dashboards]]
title = "Errors"
url = "https://errors.example/{{ region }}"

[[endpoints]]
path = "/health/"
title = "Health"
healthy = '{"status": "ok"}'

[[sections]]
id = "before"
title = "Before"
source = "4"

[[sections.steps]]
id = "look"
title = "Look around"
budget = "10s"

[[sections.steps.actions]]
run = "uptime"
expect = { contains = ["load"], numbers = [{ name = "load", pattern = 'load average: ([\\d.]+)', below = 8 }] }
retry = { times = 2, every = "1s" }

[[sections.steps.actions]]
run = "git describe; cat token"
[sections.steps.actions.capture]
tag_before = { pattern = '(v\\d+)' }
token = { json = "access.token", secret = true }

[[sections.steps.actions]]
run = 'curl -H "Authorization: Bearer" https://shop.example'
secrets = ["token", "db_password"]
expect = { exit = [0, 22], http = { status = [200, 204], protocol = "HTTP/2" }, json = { status = "ok", n = 1 } }

[[sections.steps.actions]]
ask = "How many errors?"
answer = "number"
expect = { numbers = [{ name = "errors", at_least = 0, below = 5 }] }

[[sections.steps.actions]]
ask = "Which colour?"
answer = "choice"
choices = ["blue", "green"]
expect = { choice = ["blue"] }

[[sections.steps.actions]]
open = "https://errors.example/"

[[sections.steps.actions]]
send = "notice"

[[sections]]
id = "change"
title = "Change"
when = { region = ["eu", "us"] }

[[sections.steps]]
id = "switch"
title = "Switch"
when = { method = "docker" }
mutates = true
danger = "destructive"
signoff = "two-person"
undo = ["switch-back"]
checklist = ["switched"]
actions = [{ run = "compose up {{ release }}", on = "tools" }]

[[sections]]
id = "back"
title = "Back"

[[sections.steps]]
id = "switch-back"
title = "Switch back"
mutates = true
needed_if = { method = ["docker"] }

[[sections.steps.actions]]
run = "compose up {{ tag_before }}"

[[troubleshooting]]
id = "down"
title = "Down"
symptoms = ["502"]
patterns = ["502 Bad"]

[[troubleshooting.diagnosis]]
id = "down-look"
title = "Look"
actions = [{ run = "journalctl -n 10" }]

[[troubleshooting.solutions]]
id = "down-restart"
title = "Restart"

[[troubleshooting.solutions.steps]]
id = "down-restart-web"
title = "Restart"
mutates = true
actions = [{ run = "systemctl restart web" }]

[[rollback_reasons]]
id = "errors"
title = "Error rate above 10%"

[[followups]]
id = "watch"
title = "Watch"
within = "1h"

[[checklist]]
id = "switched"
title = "Switched"
"""


def without(line: str, text: str = FULL) -> str:
    """The runbook with one line less."""
    assert text.count(f"\n{line}\n") == 1, line
    return text.replace(f"\n{line}\n", "\n")


def changed(old: str, new: str, text: str = FULL) -> str:
    """The runbook with one passage replaced."""
    assert text.count(old) == 1, (old, text.count(old))
    return text.replace(old, new)
