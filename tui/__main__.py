"""Makes `python -m tui` the same as `runbook`."""

from tui.cli.main import main

if __name__ == "__main__":
    main()
