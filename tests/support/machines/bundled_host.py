"""A folder that stands in for the production server, in which commands of the bundled runbook really run."""

import os
import subprocess
from pathlib import Path

from tui.execution.commands import prepare, values_of
from tui.execution.secrecy.redaction import Redactor
from tui.execution.secrecy.secrets import Secrets
from tui.runbook.model import Action, Runbook
from tui.runbook.walk import steps_of
from tui.session.clock import SystemClock

NO_AUTHORITIES = {"SSL_CERT_FILE": os.devnull, "SSL_CERT_DIR": os.devnull}
"""Nobody is vouched for here: each client of a database would read all authorities of this machine, for 60 ms."""
SUDO = '#!/bin/sh\n[ "$1" = -n ] && shift\nexec "$@"\n'
NGINX = """#!/bin/sh
# nginx -t [-c FILE]: reads what the file includes, and refuses a word that it does not know
conf=$3; [ -n "$conf" ] || conf=$NGINX_DIR/nginx.conf
read_in() {
  grep -q nonsense "$1" && exit 1
  for one in $(sed -n 's/^include \\(.*\\);$/\\1/p' "$1"); do (read_in "$one") || exit 1; done
}
read_in "$conf"
echo "test is successful" >&2
"""


class Host:
    """A folder that stands in for the production server, and programs that do nothing outside it."""

    def __init__(self, runbook: Runbook, folder: Path) -> None:
        self.runbook, self.folder = runbook, folder
        self.password = "of the drill"
        self.app, self.nginx, self.programs = folder / "app", folder / "nginx", folder / "bin"
        for one in (self.app, self.nginx / "sites-available", self.nginx / "sites-enabled", self.programs):
            one.mkdir(parents=True)
        (self.app / ".env").write_text("DB_NAME=shop\n")
        self.program("sudo", SUDO)
        self.program("nginx", NGINX)

    def program(self, name: str, text: str) -> None:
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def values(self, **given: str) -> dict[str, str]:
        places = {"app_dir": str(self.app), "nginx_dir": str(self.nginx), "backup_dir": str(self.folder)}
        known = {"release": "v2.0.0", "previous_release": "v1.9.0", "backup_date": "20261124_020000"}
        known["conflicts_before"] = "No broken requirements found."
        return {**values_of(self.runbook, {}, SystemClock().now()), **places, **known, **given}

    def run(self, action: Action, **given: str) -> subprocess.CompletedProcess[str]:
        secrets = Secrets(self.runbook, Redactor(), self.password)
        for name in action.secrets:
            secrets.resolve(name, {})
        command = prepare(self.runbook, action, self.values(**given), secrets, key="k")
        places = {"PATH": f"{self.programs}:{os.environ['PATH']}", "NGINX_DIR": str(self.nginx)} | NO_AUTHORITIES
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", command.script],
            cwd=command.directory or self.folder,
            env={**places, **command.environment, **command.secrets},
            input=command.stdin.decode(),
            capture_output=True,
            text=True,
            check=False,
        )

    def actions(self, step: str) -> list[Action]:
        (found,) = [one for _, one in steps_of(self.runbook) if one.id == step]
        return [action for action in found.actions if action.run]

    def look(self, step: str) -> Action:
        (found,) = [one for _, one in steps_of(self.runbook) if one.id == step]
        assert found.look is not None
        return found.look
