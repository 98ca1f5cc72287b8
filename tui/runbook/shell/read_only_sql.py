"""Decides whether statements for a database only read."""

import re

_READS = re.compile(
    r"(select|show|explain|describe|desc|values|table|with|use|help|status|checksum\s+table)\b", re.IGNORECASE
)
_CLIENT = re.compile(r"\\(d\S*|l\+?|conninfo|dt\S*|du|timing|x|pset|q|s|u|G|g)(\s|$)")
_WRITES = re.compile(
    r"\b(insert|update|delete|replace|merge|drop|create|alter|truncate|grant|revoke|call|do|lock|into|analyze|analyse|set|"
    r"nextval|setval|pg_terminate_backend|pg_cancel_backend|pg_switch_wal|pg_reload_conf|pg_promote|lo_import|lo_export|"
    r"get_lock|release_lock|load_file|dblink\w*|for\s+share)\b|\bpg_advisory",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`")
_COMMENT = re.compile(r"--[^\n]*|#[^\n]*|/\*(?!!).*?\*/", re.DOTALL)
_FUNCTION = re.compile(r"\b(?:replace|insert|truncate)\s*\(", re.IGNORECASE)


def only_reads(text: str) -> bool:
    """Whether every statement of the text is known to only read; an empty text is not."""
    bare = _COMMENT.sub(" ", _QUOTED.sub("''", text))
    statements = [one.strip() for one in re.split(r";|\\G|\\g", bare) if one.strip()]
    return bool(statements) and all(_reads(statement) for statement in statements)


def _reads(statement: str) -> bool:
    if statement.startswith("\\"):
        return _CLIENT.match(statement) is not None
    first = _READS.match(statement.lstrip("( \n\t"))
    if first is None:
        return False
    if first[1].lower() == "show":
        return True
    return _WRITES.search(_FUNCTION.sub("(", statement)) is None
