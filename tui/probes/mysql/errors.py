"""Says what the errors of a MySQL or MariaDB server mean to the person who has to fix them; never with a password."""

import ssl

from tui.probes import tls_trust
from tui.probes.base import Given, NoData, ProbeFailed
from tui.probes.databases import hung_up, place, silent

NO_TLS = 2026
LOST = (2003, 2006, 2013, 2055)
TOO_LONG = (1317, 1969, 3024)
DENIED = (1142, 1143, 1227, 1370)

_LOG = "look at the server's error log"


def worded(error: Exception, settings: Given, seconds: float, late: bool) -> ProbeFailed:
    """What an exception of the library says, in words; `late` when the deadline has passed, which was in `seconds`."""
    where = place(settings)
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    said = str(error.args[1]) if len(error.args) > 1 else ""
    tls = error if isinstance(error, ssl.SSLError) else getattr(error, "original_exception", None)
    if isinstance(tls, ssl.SSLError):
        return tls_trust.refusal(tls, where, str(settings["host"]))
    if code == NO_TLS:
        return ProbeFailed(f"{where} does not speak TLS", "its ssl_cert and ssl_key, or the service's `tls` setting")
    if late or isinstance(error, TimeoutError) or "timed out" in said:
        return silent(where, seconds)
    if code in LOST or isinstance(error, OSError | EOFError):
        return hung_up(where, "MySQL")
    if code in TOO_LONG:
        return ProbeFailed(
            f"{where} ended the statement, which took over {round(seconds, 1):g} s", "EXPLAIN it, or ask for less"
        )
    if not 1000 <= code < 2000 and not 3000 <= code < 6000:
        return ProbeFailed(f"what answers at {where} does not speak MySQL", "look at the service's host and port")
    return _refused(code, said, settings, where)


def _refused(code: int, said: str, settings: Given, where: str) -> ProbeFailed:
    user, database = settings.get("user", ""), settings.get("database", "")
    with_it = "with this password" if settings.get("password") else "without a password"
    match code:
        case 1045 | 1698:
            hint = "the password's source, and from which hosts the user may log in: SELECT user, host FROM mysql.user"
            return ProbeFailed(f"{where} refuses the user {user} {with_it}", hint)
        case 1044:
            return ProbeFailed(f"the user {user} may not use the database {database}", f"SHOW GRANTS FOR '{user}'")
        case 1049:
            return ProbeFailed(
                f"{where} has no database {database}", "SHOW DATABASES; the service's `database` setting"
            )
        case 1046:
            return NoData("no database is chosen", "name it in the service's `database` setting, or before the table")
        case 1146 | 1051:
            return ProbeFailed(f"{where}: {said[:200]}", "the statement's spelling, and the migrations")
        case 1040 | 1203 | 1226:
            return ProbeFailed(
                f"{where} has no free connection for {user}: {said[:200]}", "SHOW PROCESSLIST as an admin"
            )
        case 1129 | 1130:
            return ProbeFailed(
                f"{where} does not accept connections from there: {said[:200]}", "its users' hosts; FLUSH HOSTS"
            )
        case 1290 | 1792 | 1836:
            return NoData(f"the statement would write: {said[:200]}", "a probe only reads; write it as a command")
        case 1064 | 1054 | 1305 | 1222 | 1295:
            return NoData(f"the server does not understand the statement: {said[:200]}", "try it in the mysql client")
        case _ if code in DENIED:
            return NoData(f"the user {user} may not ask that: {said[:200]}", f"SHOW GRANTS FOR '{user}'")
        case _:
            return ProbeFailed(f"{where} refuses: {said[:200]} ({code})", _LOG)
