"""Where a web service is and who it must prove to be, as its settings say."""

import ssl
from urllib.parse import urlsplit

from msgspec import Struct

from tui.probes import tls_trust
from tui.probes.base import Given, NoData


class SiteAddress(Struct, frozen=True):
    """Where a service is: its scheme, host and port, and the path that its own paths come after."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def place(self) -> str:
        """The address in words for messages; never a user or a query, which may be secret."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def address(url: str, schemes: dict[str, int]) -> SiteAddress:
    """The parts of a service's address; `schemes` are those allowed, with their ports.

    Raises:
        NoData: it is not an address of these schemes.
    """
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise NoData("the service's `url` is not an address", f"it begins with {wanted}, then host and port") from None
    if parts.scheme not in schemes or not host:
        raise NoData("the service's `url` is not an address", f"it begins with {wanted}, then host and port")
    if parts.username or parts.query or parts.fragment:
        raise NoData(
            "the service's `url` has more than an address", "credentials are given as secrets, paths by checks"
        )
    return SiteAddress(parts.scheme, host, port or schemes[parts.scheme], parts.path.rstrip("/"))


class Site(Struct, frozen=True):
    """A service: where it is, the name it goes by, the name it must prove and to whose satisfaction."""

    address: SiteAddress
    host: str
    verify_name: str
    context: ssl.SSLContext

    @property
    def name(self) -> str:
        """The name its certificate must be for."""
        return self.verify_name or (urlsplit(f"//{self.host}").hostname if self.host else "") or self.address.host


def site(settings: Given, schemes: dict[str, int]) -> Site:
    """The service as its settings describe it, at an address of these schemes."""
    host = str(settings.get("host") or "")
    if any(character in "/@?#" or not character.isprintable() or character == " " for character in host):
        raise NoData("the service's `host` is not a host", "it is a name, with :port where that is not the usual one")
    return Site(
        address(str(settings["url"]), schemes),
        host,
        str(settings.get("verify_name") or ""),
        tls_trust.context(str(settings.get("ca_file") or ""), of="/".join(schemes)),
    )
