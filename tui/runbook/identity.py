"""Tells one runbook from another, whatever became of its text since."""

import re
import unicodedata

from tui.runbook.model import Runbook


def runbook_id(runbook: Runbook) -> str:
    """What tells a runbook from others: its `id`, else its title in small letters and dashes."""
    title = unicodedata.normalize("NFKD", runbook.runbook.title).casefold()
    return runbook.runbook.id or re.sub(r"[^a-z0-9]+", "-", title).strip("-") or "runbook"
