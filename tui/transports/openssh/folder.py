"""The private folder of one connection: its control socket, which needs a short path, and the configuration it uses."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tui.errors import HostError

LONGEST = 100
"""Bytes of the path of a UNIX socket, less than any system's limit (104 on macOS, 108 on Linux)."""
BESIDE = 18
"""ssh makes the socket under a name that is so much longer first."""
PREFIX = "rb"
SOCKET = "s"
SYSTEM = "/etc/ssh/ssh_config"

OURS = """\
# What runbook sets for the host and every host on the way; the rest is your own configuration.
StrictHostKeyChecking yes
VerifyHostKeyDNS no
UpdateHostKeys no
PermitLocalCommand no
ClearAllForwardings yes
ConnectTimeout {timeout}
ServerAliveInterval {alive}
ServerAliveCountMax 2
{batch}
"""
BATCH = "BatchMode yes"


class ControlFolder:
    """A folder that nobody else may enter, and that is gone once the connection is."""

    def __init__(self) -> None:
        """Make it.

        Raises:
            HostError: there is no room for it, or no short enough path.
        """
        self.folder = _made()
        self.control = self.folder / SOCKET
        self.config = self.folder / "config"
        self.log = self.folder / "log"
        os.mkfifo(self.log, 0o600)

    def forward(self, number: int) -> Path:
        """The path of a socket that leads to one of the host."""
        return self.folder / f"f{number}"

    def configure(self, files: tuple[Path, ...], batch: bool, timeout: float, alive: float) -> None:
        """Write the configuration: what this program sets, then the operator's own.

        Args:
            files: what stands for it, as ssh's -F does.
            batch: whether nothing may be asked.

        Raises:
            HostError: it cannot be read or written.
        """
        ours = OURS.format(timeout=max(1, round(timeout)), alive=max(1, round(alive)), batch=BATCH if batch else "")
        try:
            theirs = files[0].read_bytes() if files else f"Include ~/.ssh/config\nInclude {SYSTEM}\n".encode()
            self.config.write_bytes(ours.encode() + theirs)
            self.config.chmod(0o600)
        except OSError as error:
            raise HostError(f"{error.filename}: {error.strerror}", "is the SSH configuration there?") from error

    def remove(self) -> None:
        """Take it away."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _made() -> Path:
    for parent in _parents():
        with suppress(OSError):
            _sweep(parent)
            folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=parent))
            if len(os.fsencode(folder / SOCKET)) + BESIDE <= LONGEST:
                return folder
            folder.rmdir()
    raise HostError("there is no folder for ssh's control socket", "make room in /tmp, or set XDG_RUNTIME_DIR")


def _parents() -> Iterator[Path]:
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        yield Path(runtime)
    yield Path(tempfile.gettempdir())
    yield Path("/tmp")  # noqa: S108  # the folder in it is our own, made by mkdtemp


def _sweep(parent: Path) -> None:
    """Take away what a program left here that was killed."""
    for folder in parent.glob(f"{PREFIX}*-*"):
        number = folder.name.removeprefix(PREFIX).partition("-")[0]
        mine = folder.lstat().st_uid == os.getuid()
        if mine and number.isdigit() and not _runs(int(number)) and not _listens(folder / SOCKET):
            shutil.rmtree(folder, ignore_errors=True)


def _listens(path: Path) -> bool:
    """Whether somebody is there: another container may have the same folder and other numbers of processes."""
    with socket.socket(socket.AF_UNIX) as made:
        try:
            made.connect(str(path))
        except OSError:
            return False
    return True


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
