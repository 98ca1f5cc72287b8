"""Start to first paint, beside a bare Textual app: at most 1.4 times, and the processor time of both."""

import statistics
import sys
import tempfile

from bench.support.terminal import both_until

RUNS = 15
BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("painted-by-bare")
Bare().run()
"""
TITLE = b"MultinotesAI"
"""The first frame has the mode, the runbook's title, the time, and the window: open or closed, and for how long."""
LAST = b"Follow-ups"
"""The frames of what is on the disk, and what can be started, are painted in one piece after that."""
Run = tuple[float, float, float]


def row(name: str, runs: list[Run], bare: list[Run]) -> str:
    """Medians in ms, and as multiples of the bare application that ran just before."""
    told = []
    for at, what in enumerate(("median", "processor", "with those beside it")):
        taken = statistics.median(one[at] for one in runs) * 1000
        ratio = statistics.median(one[at] / other[at] for one, other in zip(runs, bare, strict=True))
        told.append(f"{what} {taken:5.0f} ms ({ratio:.2f})")
    return f"{name:18} {'   '.join(told)}"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "RUNBOOK_SESSIONS": folder,
            "XDG_CONFIG_HOME": folder,
            "PYTHONPATH": ".",
            "PYTHONDONTWRITEBYTECODE": "",  # an installed program is compiled: the first run, not counted, does it
        }
        commands = {
            "bare Textual app": ([sys.executable, "-c", BARE], b"painted-by-bare"),
            "first frame": ([sys.executable, "-m", "tui", "run"], TITLE),
            "the whole of Home": ([sys.executable, "-m", "tui", "run"], LAST),
        }
        runs: dict[str, list[Run]] = {name: [] for name in commands}
        for number in range(RUNS + 1):
            for name, (command, marker) in commands.items():
                took = both_until(command, marker, environment)
                if number:
                    runs[name].append(took)
    bare = runs["bare Textual app"]
    for name, found in runs.items():
        print(row(name, found, bare))
    print("target: the first frame at most 1.4 times the bare application")


if __name__ == "__main__":
    main()
