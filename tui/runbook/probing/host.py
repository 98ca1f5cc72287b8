"""What the host probe may be told and what it finds."""

from tui.runbook.probing.spec import KindSpec

SPEC = KindSpec(name="host", title="host")
