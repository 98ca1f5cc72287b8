"""Start to first paint, beside a bare Textual app: target at most 1.8 times."""

import statistics
import sys
import tempfile

from bench._terminal import until

RUNS = 9
BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("painted-by-bare")
Bare().run()
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as sessions:
        environment = {"RUNBOOK_SESSIONS": sessions, "PYTHONPATH": "."}
        bare_command = [sys.executable, "-c", BARE]
        ours_command = [sys.executable, "-m", "tui", "run"]
        until(bare_command, b"painted-by-bare", environment)
        until(ours_command, b"MultinotesAI", environment)
        bare, ours = [], []
        for _ in range(RUNS):
            bare.append(until(bare_command, b"painted-by-bare", environment))
            ours.append(until(ours_command, b"MultinotesAI", environment))
    ratios = [one / other for one, other in zip(ours, bare, strict=True)]
    print(f"bare Textual app   median {statistics.median(bare) * 1000:6.0f} ms")
    print(f"runbook, Home      median {statistics.median(ours) * 1000:6.0f} ms")
    print(f"ratio              median {statistics.median(ratios):6.2f}   (target at most 1.8)")


if __name__ == "__main__":
    main()
