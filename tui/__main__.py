"""Starts the program, as `runbook` and as `python -m tui`; its version is said before the rest is loaded."""

import sys
from contextlib import suppress

import tui


def main() -> None:
    """Do what the command line says."""
    if sys.argv[1:] == ["--version"] and sys.argv[0].endswith("runbook"):
        with suppress(OSError, ValueError, AttributeError):  # it cannot be written: that is said as for every command
            sys.stdout.write(f"runbook, version {tui.__version__}\n")
            sys.stdout.flush()
            return
    from tui.cli.main import main as commands

    commands()


if __name__ == "__main__":
    main()
