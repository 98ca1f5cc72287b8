"""What an idle screen writes to its terminal: every screen of a drill, at three sizes, under 1,000 bytes a second."""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from bench.screens.key_to_paint import ENTER, Terminal

SIZES = ((80, 24), (120, 40), (200, 60))
SETTLED = 5.0
"""Seconds after which a screen that was asked for has been drawn whole."""
LOOK = 10.0
TARGET = 1000
SCENARIO = "calm-deployment"
ESCAPE, F10, SUMMARY, ROLLBACK = b"\x1b", b"\x1b[21~", b"\x13", b"\x12"
SCREENS: tuple[tuple[str, tuple[bytes, ...]], ...] = (
    ("home", ()),
    ("set-up", (b"d",)),
    ("run", (F10,)),
    ("help", (b"?",)),
    ("watch", (ESCAPE, b"m")),
    ("note", (ESCAPE, b"n")),
    ("summary", (ESCAPE, SUMMARY)),
    ("rollback", (ESCAPE, ROLLBACK, b"\x1b[B", ENTER)),
    ("replay paused", (SUMMARY, b"h", b"p")),
)
"""Each screen, and the keys that lead to it from the one before."""


def measure(size: tuple[int, int]) -> dict[str, float]:
    """Bytes a second of every screen, at `size` columns and lines."""
    folder = tempfile.mkdtemp()
    environment = {"XDG_STATE_HOME": folder, "XDG_CONFIG_HOME": folder, "PYTHONPATH": "."}
    terminal = Terminal([sys.executable, "-m", "tui", "drill", SCENARIO], environment, (size[1], size[0]))
    rates = {}
    try:
        terminal.until(b"Last deployments")
        for name, keys in SCREENS:
            for key in keys:
                terminal.press(key)
                terminal.idle(SETTLED)
            terminal.idle(SETTLED)
            began = time.perf_counter()
            written = terminal.idle(LOOK)
            if os.environ.get("DUMP"):
                Path(os.environ["DUMP"], f"{name}-{size[0]}".replace(" ", "-")).write_bytes(written)
            rates[name] = len(written) / (time.perf_counter() - began)
        return rates
    finally:
        terminal.close()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    worst = 0.0
    for size in SIZES:
        for name, rate in measure(size).items():
            worst = max(worst, rate)
            print(f"idle, {name:14}{size[0]:4}×{size[1]}  {rate:9.0f} bytes/s", flush=True)
    print(f"target: under {TARGET} bytes/s on every screen at every size; worst {worst:.0f}")
    return int(worst >= TARGET)


if __name__ == "__main__":
    sys.exit(main())
