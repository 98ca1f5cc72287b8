"""Says what the errors of a Docker engine mean to the person who has to fix them."""

from typing import Any

from tui.probes.base import NoData, ProbeFailed
from tui.probes.databases import hung_up, silent


def worded(error: Exception, path: str, seconds: float, name: str = "") -> ProbeFailed:
    """What an exception of the library says, in words; `seconds` are those the engine had to answer."""
    from docker import errors
    from requests import exceptions

    if isinstance(error, errors.NotFound) and name and _json(error):
        return ProbeFailed(f"there is no container {name}", "docker ps --all shows those there are")
    if isinstance(error, errors.APIError):
        return _refused(error, path)
    if isinstance(error, exceptions.Timeout | TimeoutError) or "timed out" in str(error).lower():
        told = silent(path, seconds)
        told.hint = "the engine hangs: journalctl -u docker, the load and the disk there"
        return told
    if isinstance(error, exceptions.ConnectionError | OSError) and not _garbled(error):
        return hung_up(path, "a Docker engine")
    return ProbeFailed(f"what answers at {path} is not a Docker engine", "the service's `socket`; Podman has its own")


def _refused(error: Any, path: str) -> ProbeFailed:
    status = error.response.status_code if error.response is not None else 0
    said = "".join(one if one.isprintable() else " " for one in str(error.explanation or ""))[:200]
    if status in (401, 403):
        return NoData(
            f"{path} forbids us to ask this: {said}", "a proxy before the engine: which requests does it allow?"
        )
    if "logging driver" in said:
        return NoData("the container's log cannot be read through the engine", f"its logging driver: {said}")
    if status == 404 and not _json(error):
        return ProbeFailed(f"what answers at {path} is not a Docker engine", "the service's `socket`")
    return ProbeFailed(f"the engine at {path} refuses ({status}): {said}", "journalctl -u docker there")


def _json(error: Any) -> bool:
    """Whether a refusal comes from an engine, all of whose are documents."""
    return error.response is not None and "json" in error.response.headers.get("Content-Type", "")


def _garbled(error: Exception) -> bool:
    return any(word in str(error) for word in ("BadStatusLine", "LineTooLong", "InvalidHeader", "JSON", "Expecting"))
