"""The operator's own certificates: which files have them, and whether their time has not come or is over."""

import base64
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from tui.transports.host_keys.keyblobs import HostKey, host_key
from tui.transports.ssh_config.resolved import Resolved

RENEW = "get a new certificate from the authority that made it"
LAST = 253402300799
"""The last second that a date has, in the year 9999."""


def certificates(where: Resolved) -> Iterator[tuple[Path, HostKey]]:
    """Those of CertificateFile, else those beside the identities; what is none is passed over, as by ssh."""
    beside = [path.with_name(f"{path.name.removesuffix('.pub')}-cert.pub") for path in where.identities]
    for path in where.certificates or beside:
        with suppress(OSError, ValueError, IndexError):
            parts = host_key(base64.b64decode(path.read_bytes().split(None, 2)[1], validate=True))
            if parts.certificate:
                yield path, parts


def not_now(certificate: HostKey) -> str:
    """Why a certificate is of no use now; empty where it is, or where it is a plain key."""
    begins, ends = certificate.period
    now = time.time()
    if now >= ends:
        return f"which ended {_date(ends)}"
    return f"which is not valid before {_date(begins)}" if now < begins else ""


def unusable(where: Resolved) -> str:
    """The files of certificates that are of no use now, in words; empty where there is none."""
    return "; ".join(f"{path}, {why}" for path, parts in certificates(where) if (why := not_now(parts)))


def _date(second: int) -> str:
    return f"{datetime.fromtimestamp(min(second, LAST), UTC):%Y-%m-%d %H:%M:%S} UTC"
