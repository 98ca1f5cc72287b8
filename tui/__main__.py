"""Makes `python -m tui` the same as `runbook`."""

from tui.cli import main

if __name__ == "__main__":
    main()
