"""What the s3 probe may be told and what it finds."""

from tui.runbook.probing.spec import KindSpec

SPEC = KindSpec(name="s3", title="s3")
