"""A runbook with two steps that say where they run, without and with an environment beside its own."""

ENVIRONMENTS = """
[environments.staging]
text = "a rehearsal on the other host"
hosts.production = { target = "two", preamble = "export WHERE={{ site }}" }
variables.site = "staging.example"
"""
TEXT = """
format = 2
[runbook]
title = "Shop"
environment = "Production"
default_host = "production"
[hosts.production]
target = "one"
preamble = "export WHERE=production"
[variables.site]
prompt = "Site"
default = "shop.example"
[flows.deploy]
title = "Deploy"
kind = "deploy"
sections = ["work"]
[[followups]]
id = "look"
title = "Look again"
within = "1h"
[[sections]]
id = "work"
title = "Work in {{ environment }}"
[[sections.steps]]
id = "mark"
title = "Mark"
run = 'echo "$HOME $WHERE" {{ site }} {{ environment }}'
[[sections.steps]]
id = "again"
title = "Again"
run = 'echo "$HOME $WHERE" {{ site }} {{ environment }}'
"""
BOTH = TEXT + ENVIRONMENTS
