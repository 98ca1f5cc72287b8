"""What an author writes about services and the probes that check them."""

from collections.abc import Mapping

from msgspec import field

from tui.runbook.kinds import Identifier, Lines, Model, Name


class Service(Model, frozen=True, kw_only=True):
    """Something probes address: a database, a cache, a bucket, a container engine, a site, a host.

    `kind` names the probe. `through` is the host whose connection reaches it, or a group each of whose hosts is asked;
    without one it is reached from the operator's machine. Its settings are those of the kind: given here, as names of
    `secrets`, or read `from_file`, the KEY=value file `file` on the host, by the names of its variables.
    """

    kind: Name
    title: str = ""
    through: Name = ""
    settings: Mapping[Name, str] = {}
    secrets: Mapping[Name, Name] = {}
    file: str = ""
    from_file: Mapping[Name, str] = {}


class Probe(Model, frozen=True, kw_only=True):
    """One typed check of a service; `given` are the check's own parameters, written as `with`."""

    service: Name
    check: Identifier
    given: Mapping[Name, str | float | bool | tuple[str, ...]] = field(default_factory=dict, name="with")


class Endpoint(Model, frozen=True, kw_only=True):
    """A documented health endpoint with the bodies it answers with."""

    path: str
    method: str = "GET"
    title: str
    healthy: str = ""
    unhealthy: str = ""
    source: Lines = ""
