"""Finds the files that travel with the program: at the top of a checkout, inside the package in a wheel."""

from pathlib import Path

from tui.errors import RunbookError

NAME = "runbook.toml"
PACKAGE = Path(__file__).resolve().parent


def bundled(name: str) -> Path:
    """The path of a file or folder that travels with the program.

    Args:
        name: relative to the repository's top, as in `runbook.toml` or `drills/calm-deployment.toml`.
    """
    for top in (PACKAGE / "bundled", PACKAGE.parent):
        if (top / name).exists():
            return top / name
    raise RunbookError(
        f"{name} did not come with this installation.", "Install runbook again, or name a file of yours."
    )
