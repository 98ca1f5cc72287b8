"""Sessions, bundles and scenarios as somebody else may have written them: every text in them drives a terminal."""

import gzip
import io
import tarfile
import types
import typing
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tests.support.hostile.hostile import in_toml
from tui.runbook.reading.load import load
from tui.session import events as ev
from tui.session.archive.bundle import pack
from tui.session.archive.store import SessionDirectory
from tui.session.clock import SystemClock
from tui.session.folding.fold import apply
from tui.session.journal.journal import Journal, read
from tui.session.state import initial

WATCHED = """
[monitors.load]
title = "Load"
run = "uptime"
reads = true
every = "1h"
number = { name = "load", pattern = 'average: ([0-9.]+)', below = 1, unit = "%" }
[triggers.load]
monitor = "load"
above = 10
for = "5m"
reason = "errors"
"""
"""What a runbook needs so that an event about a monitor or a trigger can be said of it."""
NAMED = {"step": "look", "host": "web", "monitor": "load", "service": "web", "trigger": "load", "flow": "rollback"}
"""What an event must be about, for anything to be said of it."""
ANSWERS = (ev.ApprovalGranted, ev.ApprovalRefused, ev.ApprovalEnded, ev.StartedAlone)
"""What names the question that it answers."""
NOT_TWICE = {ev.SessionStarted}


def every_event(words: str, named: Mapping[str, str]) -> Iterator[ev.AnyEvent]:
    """One of each kind, hostile in each of its texts but those that are `named`."""
    kinds = [kind for union in typing.get_args(ev.AnyEvent) for kind in typing.get_args(union) or (union,)]
    for kind in kinds:
        if kind not in NOT_TWICE:
            yield filled(kind, words, named)


def filled(kind: Any, words: str, named: Mapping[str, str] = NAMED, field: str = "") -> Any:
    """A value of a type, hostile wherever it is text."""
    origin, given = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return filled(given[0], words, named, field)
    if origin in (typing.Union, types.UnionType):
        chosen = next(one for one in given if one is not type(None))
        return filled(chosen, words, named, field)
    if origin is typing.Literal:
        return given[0]
    if origin is tuple:
        return tuple(filled(one, words, named, field) for one in given if one is not Ellipsis)
    if origin is not None and issubclass(origin, Mapping):
        return {filled(given[0], words, named): filled(given[1], words, named)}
    if origin in (list, frozenset, set):
        return origin([filled(given[0], words, named, field)])
    if isinstance(kind, type) and issubclass(kind, Struct):
        hints = typing.get_type_hints(kind, include_extras=True)
        return kind(
            **{one.name: filled(hints[one.name], words, named, one.name) for one in msgspec.structs.fields(kind)}
        )
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    known: dict[Any, Any] = {
        str: named.get(field, f"said{words}"),
        int: 2 if field == "attempt" else 0,
        float: 1.5,
        bool: True,
        bytes: words.encode("utf-8", "replace"),
        datetime: datetime.now(UTC),
        timedelta: timedelta(seconds=1),
    }
    return known.get(kind, f"said{words}")


def add_every_event(directory: SessionDirectory, words: str, named: Mapping[str, str] = NAMED) -> list[str]:
    """Continue a session's journal by one event of each kind that can be said of it; the names of the others."""
    state, last = initial(load(directory.runbook)), -1
    for entry in read(directory.journal):
        state, last = apply(state, entry), entry.seq
    left: list[str] = []
    asked: int | None = None
    journal = Journal.open(directory.journal, SystemClock())
    try:
        for event in every_event(words, named):
            if isinstance(event, ANSWERS) and asked is not None:
                event = replace(event, request=asked)
            try:
                state = apply(state, ev.Entry(last + 1, datetime.now(UTC), 0.0, event))
            except (KeyError, ValueError, IndexError, TypeError, AttributeError):
                left.append(type(event).__name__)
                continue
            last = journal.append(event).seq
            asked = last if isinstance(event, ev.ApprovalRequested) else asked
    finally:
        journal.close()
    return left


def bundles(directory: SessionDirectory, folder: Path, words: str) -> list[Path]:
    """A bundle of a session, and the same with each text of its list of files made hostile."""
    packed = io.BytesIO()
    pack(directory, packed)
    whole = folder / "whole.bundle"
    whole.write_bytes(packed.getvalue())
    with tarfile.open(fileobj=gzip.GzipFile(fileobj=io.BytesIO(packed.getvalue()))) as tar:
        files = {one.name: tar.extractfile(one).read() for one in tar}  # type: ignore[union-attr]  # all are files
    manifest = msgspec.json.decode(files["bundle.json"])
    made = [whole]
    for name in ("session", "program", "receipt"):
        made.append(_repacked(folder / f"{name}.bundle", files, {**manifest, name: f"{manifest[name]}{words}"}))
    for name in ("name", "sha256"):
        first, *rest = manifest["members"]
        members = [{**first, name: f"{first[name]}{words}"}, *rest]
        made.append(_repacked(folder / f"{name}.bundle", files, {**manifest, "members": members}))
    made.append(_repacked(folder / "key.bundle", files, {**manifest, words: words, "format": words}))
    named = {**files, f"attempts/{words[:60]}": b""}
    made.append(_repacked(folder / "member.bundle", named, manifest))
    return made


def _repacked(path: Path, files: Mapping[str, bytes], manifest: object) -> Path:
    files = {**{name: data for name, data in files.items() if name != "bundle.json"}}
    files["bundle.json"] = msgspec.json.encode(manifest)
    with gzip.open(path, "wb") as packed, tarfile.open(fileobj=packed, mode="w|", format=tarfile.GNU_FORMAT) as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def scenarios(folder: Path, words: str) -> list[Path]:
    """A scenario that is right, hostile in each text; and one that is wrong in each way, by hostile names."""
    said = in_toml(words)
    right = f"""
format = 1
title = "A drill{said}"
text = "What goes wrong{said}"
[facts]
state = "up{said}"
[hosts.web]
hostname = "web{said}"
[[faults]]
id = "down"
title = "It stops{said}"
text = "See{said}"
set = {{ state = "down{said}" }}
after = "look"
[[rules]]
title = "Look{said}"
match = "uptime"
output = "load average: 0.1{said}"
exit = 1
[[rules]]
match = "x{said}"
output = "x"
"""
    wrong = f"""
format = 1
title = "A drill{said}"
based_on = "none{said}"
"key{said}" = 1
[facts]
"fact{said}" = "x"
[hosts."host{said}"]
hostname = "x"
[[faults]]
id = "id{said}"
title = "x"
set = {{ "state{said}" = "down" }}
after = "step{said}"
delay = "1{said}"
[[rules]]
match = "({said}"
on = ["host{said}"]
when = {{ "fact{said}" = "x" }}
output = "{{{{ none{said} }}}}"
signal = "KILL{said}"
"""
    paths = []
    for name, text in (("right", right), ("wrong", wrong)):
        path = folder / f"{name}.scenario.toml"
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths
