"""What the probes of databases have in common: where one is, the socket to it, and what its silence means."""

import contextlib

from tui.probes.base import Given, NoData, ProbeFailed, Reach, Socket


def place(settings: Given) -> str:
    """Where the service is, in words."""
    if settings.get("socket"):
        return str(settings["socket"])
    host = str(settings["host"])
    return f"[{host}]:{port(settings)}" if ":" in host else f"{host}:{port(settings)}"


def dial(settings: Given, reach: Reach) -> Socket:
    """The socket to the service.

    Raises:
        ProbeFailed: it refuses, or does not answer.
        NoData: the way to it is broken, or `port` is not a port.
    """
    if settings.get("socket"):
        return reach.unix(str(settings["socket"]))
    return reach.tcp(str(settings["host"]), port(settings))


def number(settings: Given, name: str) -> int:
    """A setting that must be a whole number.

    Raises:
        NoData: it is not one.
    """
    given = settings.get(name, 0)
    with contextlib.suppress(ValueError):
        whole = float(str(given))
        if whole.is_integer() and whole >= 0:
            return int(whole)
    raise NoData(f"{name} is not a whole number: {given}", f"look at the service's `{name}`")


def flag(settings: Given, name: str) -> bool:
    """A setting that is true or false; from a file of the host it is a word: true, yes, on or 1, in either case."""
    return str(settings.get(name) or "").lower() in ("true", "yes", "on", "1")


def silent(where: str, seconds: float) -> ProbeFailed:
    """The failure of a service that was reached and says nothing for `seconds`; `where` is its address in words."""
    hint = "it accepts connections and hangs: look at its log, its load and its disk"
    return ProbeFailed(f"{where} does not answer within {round(seconds, 1):g} s", hint)


def hung_up(where: str, what: str) -> ProbeFailed:
    """The failure of a service that closes the connection; `where` is its address, `what` its kind, in words."""
    hint = f"it is perhaps starting or stopping, or something else than {what} listens there: look at its log"
    return ProbeFailed(f"{where} closed the connection before it answered", hint)


def percent(part: float, whole: float) -> float | None:
    """Percent with one decimal; None where there is no whole."""
    return round(100 * part / whole, 1) if whole else None


def port(settings: Given) -> int:
    """The setting `port`.

    Raises:
        NoData: it is none.
    """
    found = number(settings, "port")
    if not 0 < found < 65536:
        raise NoData(f"{found} is not a port", "a port is a number from 1 to 65535")
    return found
