"""What the redis probe may be told and what it finds."""

from tui.runbook.probing.spec import KindSpec

SPEC = KindSpec(name="redis", title="redis")
