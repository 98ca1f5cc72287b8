"""Keeps what the program writes for its owner alone, and refuses a folder in which somebody else could put things."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tui.errors import SessionError

OTHERS_WRITE, GROUP_WRITES = stat.S_IWOTH, stat.S_IWGRP
OURS = 0o700
NOTHING = "what is in it may be somebody else's: look first"


def private_folder(path: Path) -> None:
    """Make a folder of our own (0700, and so is each missing one above it), or make sure of one that is there.

    As OpenSSH's StrictModes has it, nobody but its owner and root may be able to change what is in it: not by its own
    mode, not by a folder above it, not by a symbolic link on the way. Of what is ours, reading is taken from others.

    Raises:
        SessionError: somebody else owns it, or could change it.
        OSError: it cannot be made.
    """
    trusted_folder(path)
    for one in reversed((path, *path.parents)):
        if not os.path.lexists(one):  # `parents=True` would leave those above to the umask
            with suppress(FileExistsError):
                one.mkdir(mode=OURS)
    trusted_folder(path)
    closed(path)


def trusted_folder(path: Path) -> None:
    """Make sure that nobody but us and root can change what is in a folder, where there is one.

    Raises:
        SessionError: somebody else could.
    """
    real = Path(os.path.realpath(path))
    try:
        for one in _way(path, real):
            with suppress(FileNotFoundError, NotADirectoryError):
                _check(one, one == real)
    except OSError as error:
        raise SessionError(f"cannot read {path}: {error.strerror}", "check the path and its permissions") from error


def closed(path: Path) -> None:
    """Close a folder of ours to all other users, whatever opened it to them.

    Raises:
        SessionError: it is open to others and cannot be closed.
    """
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and found.st_mode & 0o077:
            path.chmod(stat.S_IMODE(found.st_mode) & OURS)
    except FileNotFoundError:
        return
    except OSError as error:
        raise SessionError(f"others can read {path}: {error.strerror}", f"chmod 700 {path}") from error


def _way(path: Path, real: Path) -> Iterator[Path]:
    """Each link on the way to a folder, then the folder where it really is and those above it, up to the user's own."""
    absolute = Path(os.path.abspath(path))
    yield from (one for one in (absolute, *absolute.parents) if one.is_symlink())
    home = os.path.realpath(os.path.expanduser("~"))
    for one in (real, *real.parents):
        yield one
        if str(one) == home:
            return


def _check(path: Path, itself: bool) -> None:
    found = path.lstat()
    if found.st_uid != os.geteuid() and (itself or found.st_uid):
        raise SessionError(
            f"{path} belongs to another user ({_name(found.st_uid)}), who could change sessions in it",
            "set XDG_STATE_HOME, or RUNBOOK_SESSIONS, to a folder of your own",
        )
    if stat.S_ISLNK(found.st_mode) or (found.st_mode & stat.S_ISVTX and not itself):
        return
    others = found.st_mode & OTHERS_WRITE
    if others or (found.st_mode & GROUP_WRITES and not _alone(found.st_gid)):
        who = "everybody on this machine" if others else "others of its group"
        raise SessionError(f"{path} can be written by {who}", f"chmod go-w {path}; {NOTHING}")


def _alone(group: int) -> bool:
    """Whether a group is this user's own and nobody else is in it, as Debian and Fedora make one for each user."""
    import grp
    import pwd

    try:
        user = pwd.getpwuid(os.geteuid())
        return group == user.pw_gid and set(grp.getgrgid(group).gr_mem) <= {user.pw_name}
    except KeyError:
        return False


def _name(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
