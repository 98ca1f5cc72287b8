"""Says what the errors of a PostgreSQL server mean to the person who has to fix them; never with a password."""

import re

from tui.probes.base import Given, NoData, ProbeFailed
from tui.probes.databases import hung_up, place, silent

_LOG = "look at the server's log"
_VIA = re.compile(r"connection (?:to server )?(?:at|on) .*? failed: ")
"""Where libpq connected: an address of this machine, which only leads to the service."""
_FATAL = re.compile(r"(?:FATAL|ERROR): +(.*)", re.DOTALL)


class StatementRefused(Exception):
    """The server refuses a statement: its SQLSTATE (five characters) and its words."""

    def __init__(self, state: str, said: str) -> None:
        super().__init__(said)
        self.state = state


def worded(error: Exception, settings: Given, seconds: float, late: bool) -> ProbeFailed:
    """What an exception says, in words; `late` when the deadline has passed, which was in `seconds`."""
    where = place(settings)
    if isinstance(error, StatementRefused) and error.state:
        return _statement(error.state, str(error), settings, seconds)
    if late or isinstance(error, TimeoutError):
        return silent(where, seconds)
    said = " ".join(str(error).split())
    return _login(said, settings, where)


def _login(said: str, settings: Given, where: str) -> ProbeFailed:
    """Why nobody was let in; libpq says it in words alone, the server's own after FATAL."""
    said = _VIA.sub("", said)
    low = said.lower()
    if "received invalid response" in low or "expected authentication request" in low:
        return ProbeFailed(f"what answers at {where} does not speak PostgreSQL", "the service's host and port")
    if "certificate" in low or "ssl error" in low or "root.crt" in low:
        return _tls(low, where, str(settings.get("host") or ""), said)
    if "does not support ssl" in low:
        return ProbeFailed(f"{where} does not speak TLS", "its ssl setting, or the service's `tls`")
    if "authentication method requirement" in low:
        return ProbeFailed(
            f"{where} asks for the password itself, and nothing proves who it is",
            'set `tls = "verified"` for the service, or another method (scram-sha-256) in its pg_hba.conf',
        )
    found = _FATAL.search(said)
    if not found:
        if "no password supplied" in low:
            return ProbeFailed(f"{where} wants a password and got none", "name it in the service's `secrets`")
        return hung_up(where, "PostgreSQL")
    return _fatal(found[1][:200].strip(), settings, where)


def _fatal(told: str, settings: Given, where: str) -> ProbeFailed:
    user, database = settings.get("user", ""), settings.get("database", "")
    low = told.lower()
    if "authentication failed" in low:
        with_it = "with this password" if settings.get("password") else "without a password"
        return ProbeFailed(f"{where} refuses the role {user} {with_it}", "the password's source; pg_hba.conf; \\du")
    if "no pg_hba.conf entry" in low:
        return ProbeFailed(f"{where} does not accept the role {user} from there: {told}", "its pg_hba.conf")
    if "does not exist" in low:
        missing = f"database {database}" if "database" in low else f"role {user}"
        return ProbeFailed(f"{where} has no {missing}", "psql -l; \\du; the service's `database` and `user`")
    if "too many" in low or "remaining connection slots" in low:
        return ProbeFailed(
            f"{where} has no free connection for {user}: {told}", "SELECT * FROM pg_stat_activity as a superuser"
        )
    if "starting up" in low or "shutting down" in low or "recovery" in low:
        return ProbeFailed(f"{where} accepts no connections now: {told}", "ask again soon; else look at its log")
    if "permission denied" in low:
        return ProbeFailed(f"the role {user} may not use the database {database}", f"GRANT CONNECT; \\l {database}")
    return ProbeFailed(f"{where} refuses: {told}", _LOG)


def _tls(low: str, where: str, host: str, said: str) -> ProbeFailed:
    if "does not match host name" in low:
        return ProbeFailed(f"the certificate of {where} is not for {host}", f"is {host} the right address?")
    if "expired" in low:
        return ProbeFailed(f"the certificate of {where} has expired", "renew it, then reload the server")
    if "verify failed" in low or "self-signed" in low:
        return ProbeFailed(
            f"the certificate of {where} comes from an authority that is not trusted here",
            "an authority of your own is named in `ca_file`",
        )
    return ProbeFailed(f"the TLS handshake with {where} failed: {said[-200:]}", _LOG)


def _statement(state: str, said: str, settings: Given, seconds: float) -> ProbeFailed:
    where, user, told = place(settings), settings.get("user", ""), " ".join(said.split())[:200]
    match state:
        case "57014":
            return ProbeFailed(
                f"{where} ended the statement, which took over {round(seconds, 1):g} s", "EXPLAIN it, or ask for less"
            )
        case "42P01" | "3F000":
            return ProbeFailed(f"{where}: {told}", "the statement's spelling, the search_path, and the migrations")
        case "25006" | "25001" | "0A000":
            return NoData(f"the statement would write: {told}", "a probe only reads; write it as a command")
        case "42501":
            return NoData(f"the role {user} may not ask that: {told}", "GRANT SELECT; for statistics GRANT pg_monitor")
        case _ if state.startswith(("42", "22")):
            return NoData(f"the server does not understand the statement: {told}", "try it in psql")
        case _ if state.startswith("57P"):
            return hung_up(where, "PostgreSQL")
        case _:
            return ProbeFailed(f"{where} refuses: {told} ({state})", _LOG)
