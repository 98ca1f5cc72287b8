"""How time grows with sessions, events and bytes of output: figures as a table, and a picture drawn from these.

`make bench ARGS=growth` draws docs/growth.svg; GROWTH=long goes to 10,000 sessions, a million events and 4 GiB.
"""

import math
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from bench.sessions.replay import read_as_json
from bench.support.large_session import large_session
from tui.replay.recorded import RecordedSession
from tui.session.archive.known import KnownSessions
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.output.output import OutputReader, OutputWriter, write_mask

LONG = os.environ.get("GROWTH") == "long"
PICTURE = Path(__file__).parents[2] / "docs" / "growth.svg"
SESSIONS = (10, 100, 1_000, *((10_000,) if LONG else ()))
EVENTS = (1, 10, 100, 1_000, 10_000, 100_000, *((1_000_000,) if LONG else ()))
OUTPUT = (1 << 10, 1 << 15, 1 << 20, 1 << 25, 1 << 28, *((1 << 30, 1 << 32) if LONG else ()))
EACH = 100
"""Events of each of many sessions."""
PIECE = b"".join(b"%063d\n" % line for line in range(1 << 9))

Curve = dict[float, float]
"""Seconds of processor time by how much there is."""
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd")
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BELOW = 360, 300, 56, 40, 12, 44


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        found = {
            "sessions": sessions(root / "sessions"),
            "events": events(root / "events"),
            "bytes of output": output(root / "output"),
        }
    for what, curves in found.items():
        sizes = sorted({size for curve in curves.values() for size in curve})
        print(f"{what:42}" + "".join(f"{size:>14,.0f}" for size in sizes))
        for words, curve in curves.items():
            print(f"  {words:40}" + "".join(f"{curve[size]:>12.4f} s" for size in sizes))
    PICTURE.write_text(picture(found), encoding="utf-8")
    print(f"drawn: {PICTURE}")


def spent(call: Callable[[], object]) -> float:
    """Seconds of this process's processor time, which a busy machine changes least."""
    began = time.process_time()
    call()
    return time.process_time() - began


def sessions(root: Path) -> dict[str, Curve]:
    """Lists of sessions: the first time, and again by the index."""
    first, again = Curve(), Curve()
    made = large_session(root / "one", EACH)
    for size in SESSIONS:
        folder = root / str(size)
        for number in range(size):
            shutil.copytree(made.path, folder / f"20260107T{number:06d}Z-deploy-{number:06x}")
        for curve in (first, again):
            known = KnownSessions(Store(folder))
            curve[size] = spent(partial(listed, known))
        shutil.rmtree(folder)
    return {"lists, the first time": first, "lists, again": again}


def listed(known: KnownSessions) -> None:
    """What every list does."""
    names = known.names()
    for name in names:
        known.get(name)
    known.done(names)


def events(root: Path) -> dict[str, Curve]:
    """One session: read as JSON, resumed, opened for a replay, key frames made, and a seek."""
    curves: dict[str, Curve] = {}
    large_session(root / "before", 10).load()  # what it imports does not count
    for size in EVENTS:
        directory = large_session(root / str(size), size)

        def keep(words: str, call: Callable[[], object], size: int = size) -> None:
            curves.setdefault(words, {})[size] = spent(call)

        keep("read as JSON", partial(read_as_json, directory))
        keep("read and folded", directory.load)
        opened = RecordedSession(directory, root / f"cache-{size}")
        keep("key frames of a replay", opened.index)
        keep("a seek to the middle", partial(opened.at, opened.total / 2))
        opened.close()
        shutil.rmtree(directory.path)
    return curves


def output(root: Path) -> dict[str, Curve]:
    """One command's output: kept with its hash, then its end shown."""
    root.mkdir(parents=True)
    kept, shown = Curve(), Curve()
    for number, size in enumerate(OUTPUT, 1):
        writer = OutputWriter(root, number, SystemClock())
        kept[size] = spent(partial(written, writer, size))
        write_mask(root, number, [])
        reader = OutputReader(root, number)
        shown[size] = spent(partial(end_shown, reader))
        reader.close()
        for path in root.glob(f"{number:04d}.*"):
            path.unlink()
    return {"kept, with its hash": kept, "its last lines shown": shown}


def end_shown(reader: OutputReader) -> None:
    """What a pane does that opens at the end."""
    reader.shown_lines(max(0, reader.lines_total() - 40), 40)


def written(writer: OutputWriter, size: int) -> None:
    """Write a number of bytes as a host sends them."""
    for at in range(0, size, len(PIECE)):
        writer.write("out", PIECE[: size - at])
    writer.close()


def picture(found: Mapping[str, Mapping[str, Curve]]) -> str:
    """Every kind of growth beside the others, both axes logarithmic."""
    parts = [plot(what, curves, place * (WIDTH + 30)) for place, (what, curves) in enumerate(found.items())]
    width, height = len(found) * (WIDTH + 30), HEIGHT + 90
    size = f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
    return "\n".join([head, f'<rect width="{width}" height="{height}" fill="white"/>', *parts, "</svg>\n"])


def in_short(size: int, thousand: int) -> str:
    """A size in as few characters as there is room for: 100k, 4G."""
    power = next(power for power in (3, 2, 1, 0) if size >= thousand**power)
    return f"{size // thousand**power}{('', 'k', 'M', 'G')[power]}"


def plot(what: str, curves: Mapping[str, Curve], at: int) -> str:
    """One plot: seconds of processor time over how much there is."""
    sizes = [size for curve in curves.values() for size in curve]
    values = [max(value, 1e-5) for curve in curves.values() for value in curve.values()]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) or 1)
    first, last = math.log10(min(sizes)), math.log10(max(sizes))

    def across(size: float) -> float:
        return at + LEFT + (math.log10(size) - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def down(value: float) -> float:
        return TOP + (high - math.log10(max(value, 1e-5))) / (high - low) * (HEIGHT - TOP - BELOW)

    parts = [f'<text x="{at + LEFT}" y="20" font-weight="bold">seconds of processor time by {what}</text>']
    for power in range(low, high + 1):
        y, words = down(10.0**power), f"{10.0**power:g} s"
        parts.append(f'<line x1="{at + LEFT}" y1="{y:.1f}" x2="{at + WIDTH - RIGHT}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{at + LEFT - 4}" y="{y + 4:.1f}" text-anchor="end">{words}</text>')
    for size in sorted(set(sizes)):
        words = in_short(int(size), 1 << 10 if what.startswith("bytes") else 1_000)
        parts.append(f'<text x="{across(size):.1f}" y="{HEIGHT - BELOW + 16}" text-anchor="middle">{words}</text>')
    for place, (words, curve) in enumerate(curves.items()):
        points = " ".join(f"{across(size):.1f},{down(value):.1f}" for size, value in sorted(curve.items()))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[place]}" stroke-width="2"/>')
        y = HEIGHT + place * 18
        parts.append(f'<rect x="{at + LEFT}" y="{y - 9}" width="10" height="10" fill="{COLOURS[place]}"/>')
        parts.append(f'<text x="{at + LEFT + 16}" y="{y}">{words}</text>')
    return "\n".join(parts)


if __name__ == "__main__":
    main()
