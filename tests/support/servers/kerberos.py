"""A Kerberos realm of a test's own on loopback, by Debian's krb5-kdc: an operator's ticket, and a key for an sshd."""

import os
import subprocess
from pathlib import Path

from tests.support.servers.sshd import SBIN, free_port

REALM = "RUNBOOK.TEST"
PASSWORD = "a test realm's password"

_CLIENT = """
[libdefaults]
  default_realm = {realm}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
[realms]
  {realm} = {{
    kdc = 127.0.0.1:{port}
  }}
"""
_SERVER = """
[kdcdefaults]
  kdc_listen = ""
  kdc_tcp_listen = 127.0.0.1:{port}
[realms]
  {realm} = {{
    database_name = {folder}/principals
    key_stash_file = {folder}/stash
    acl_file = {folder}/acl
    max_life = 1h
  }}
"""


class Kerberos:
    """The realm, with a principal for a user and one for `localhost`; `environment` is what a program needs."""

    def __init__(self, folder: Path, user: str) -> None:
        folder.mkdir(mode=0o700)
        port = free_port()
        (folder / "krb5.conf").write_text(_CLIENT.format(realm=REALM, port=port))
        (folder / "kdc.conf").write_text(_SERVER.format(realm=REALM, port=port, folder=folder))
        self.environment = {
            "KRB5_CONFIG": str(folder / "krb5.conf"),
            "KRB5_KDC_PROFILE": str(folder / "kdc.conf"),
            "KRB5CCNAME": f"FILE:{folder / 'tickets'}",
            "KRB5_KTNAME": f"FILE:{folder / 'keytab'}",
        }
        self._user = user
        self._run("kdb5_util", "create", "-s", "-r", REALM, "-P", PASSWORD)
        self._run("kadmin.local", "-q", f'addprinc -pw "{PASSWORD}" {user}')
        self._run("kadmin.local", "-q", "addprinc -randkey host/localhost")
        self._run("kadmin.local", "-q", f"ktadd -k {folder / 'keytab'} host/localhost")
        self._process = subprocess.Popen(
            ["krb5kdc", "-n", "-r", REALM, "-P", str(folder / "pid")],
            env=self._whole(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert self._process.stdout
        for line in self._process.stdout:
            if b"starting" in line:
                break

    def log_in(self) -> None:
        """Get the operator's ticket."""
        self._run("kinit", f"{self._user}@{REALM}", given=f"{PASSWORD}\n")

    def stop(self) -> None:
        """End the realm."""
        self._process.terminate()
        self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()

    def _whole(self) -> dict[str, str]:
        return {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:{SBIN}", **self.environment}

    def _run(self, *command: str, given: str = "") -> None:
        subprocess.run(command, env=self._whole(), input=given, text=True, check=True, capture_output=True)
