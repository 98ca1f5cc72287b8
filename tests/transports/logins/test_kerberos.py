"""Logs in with a Kerberos ticket where ssh makes the connection; where this program's own does, that is proposed."""

import getpass
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.servers.kerberos import Kerberos
from tests.support.servers.sshd import Sshd
from tests.support.sessions.ran import run
from tui.errors import AuthenticationRefused
from tui.transports.ssh_config.by_openssh import BY_OPENSSH

pytestmark = pytest.mark.needs("sshd", "ssh", "krb5kdc", "kadmin.local", "kinit")


@pytest.fixture
def kerberos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kerberos]:
    realm = Kerberos(tmp_path / "realm", getpass.getuser())
    for name, value in realm.environment.items():
        monkeypatch.setenv(name, value)
    yield realm
    realm.stop()


def test_a_ticket_logs_in_and_our_own_way_proposes_it(kerberos: Kerberos, own_sshd: Callable[..., Sshd]) -> None:
    server = own_sshd(
        "GSSAPIAuthentication yes",
        "GSSAPIStrictAcceptorCheck no",  # the key is of `localhost`, whatever this machine calls itself
        "AuthenticationMethods gssapi-with-mic",
    )
    by_name = f"HostName localhost\n  HostKeyAlias [127.0.0.1]:{server.port}\n  GSSAPIAuthentication yes"
    server.ssh_config.write_text(server.config("box").replace("HostName 127.0.0.1", by_name))
    host = server.by_openssh()
    with pytest.raises(AuthenticationRefused, match="Permission denied") as without:
        host.connect()
    assert "get a ticket first: kinit" in without.value.hint
    kerberos.log_in()
    assert not host.connect().typed
    assert run(host, "echo in").out == b"in\n"
    host.close()
    with pytest.raises(AuthenticationRefused, match="it wants gssapi-with-mic") as refused:
        server.transport().connect()
    assert BY_OPENSSH in refused.value.hint
