"""Tells a command that destroys something from one that changes something, by what it says."""

import re

from tui.runbook.kinds import Danger
from tui.runbook.shell.read_only import changes

DESTROYS = re.compile(
    r"\brm\s+(?:-\w+\s+)*-\w*[rR]|\bDROP\s+(?:TABLE|DATABASE|SCHEMA|USER|ROLE|INDEX)|\bTRUNCATE\b|"
    r"\bDELETE\s+FROM|\bmkfs|\bdd\s+\S*=|\bwipefs"
    r"|\bterraform\s+(?:\S+\s+)*destroy|\bkubectl\b[^|;&\n]*\bdelete\s+(?:ns|namespaces?|pvc?s?|"
    r"persistentvolume\w*|crds?|nodes?|all\b|statefulsets?)"
    r"|\bhelm\s+(?:uninstall|delete)|\bkubeadm\s+reset|\bpurge\b|\bflush(?:all|db)\b|"
    r"\bpush\b[^|;&\n]*(?:--force|-f)\b|\breset\s+--hard|\bdropdb\b"
    r"|\bsystem\s+prune|\bvolume\s+(?:rm|prune)|\bdown\s+(?:-v|--volumes)|\bzpool\s+destroy|\b(?:lv|"
    r"vg|pv)remove\b|\bs3\s+(?:rb|rm)\b"
    r"|\s-delete\b|\bpg_resetwal\b|\bshred\b|\bpg_restore\b|\|\s*\\?\s*(?:sudo\s+)?(?:\w+=\S+\s+)*(?:mysql|psql|"
    r"mongorestore)\b(?![^|]*-e\b)|\b(?:mysql|psql)\b[^|;&\n]*<(?![<(])"
    r"|\bdata_?dir\b[^|;&\n]*--force|\bshutdown\b|\breboot\b|\bpoweroff\b",
    re.I,
)


def danger_of(command: str) -> Danger:
    """How a command is started that no runbook says anything of: what is not known to only read changes something."""
    if next(changes(command), None) is None:
        return Danger.NONE
    return Danger.DESTRUCTIVE if DESTROYS.search(command) else Danger.CAUTION
