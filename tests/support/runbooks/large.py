"""Runbooks and sessions of any number of steps, for benches and for tests of what must not grow with them."""

from tui.runbook.model import Runbook
from tui.runbook.reading.load import load_text

SECTION = 50
"""Steps in a section."""
CHANGES = 5
"""One step of this number changes something, and has a step of the rollback that undoes it."""

_HEAD = """
format = 1
[runbook]
title = "Large"
default_host = "web"
[window]
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
starts = "00:00"
ends = "23:59"
[hosts.web]
target = "web"
[variables.release]
prompt = "Release"
default = "v2"
[flows.deploy]
title = "Deploy"
kind = "deploy"
sections = [{forward}]
[flows.rollback]
title = "Roll back"
kind = "rollback"
sections = [{back}]
"""
_STEP = """
[[sections.steps]]
id = "{id}"
title = "{title}"
text = "{mark} of {{{{ release }}}}"
signoff = "{signoff}"
mutates = {mutates}
undo = [{undo}]
[[sections.steps.actions]]
run = "{run}"
expect = {{ contains = ["active"] }}
"""


def large_text(steps: int, signoff: str = "operator") -> str:
    """A runbook whose deployment has this number of steps, each with a command of its own."""
    places = range(steps)
    changing = [place for place in places if place % CHANGES == CHANGES - 1]
    forward = [_step(f"step-{place}", f"Step {place}", place in changing, place, signoff) for place in places]
    back = [_step(f"back-{place}", f"Take step {place} back", True, place, signoff, undoes=True) for place in changing]
    sections, names = [], {"forward": [], "back": []}
    for kind, every in (("forward", forward), ("back", back)):
        for begin in range(0, len(every), SECTION):
            name = f"{kind}-{begin // SECTION}"
            names[kind].append(f'"{name}"')
            sections.append(f'\n[[sections]]\nid = "{name}"\ntitle = "Part {name}"\n')
            sections += every[begin : begin + SECTION]
    head = _HEAD.format(forward=", ".join(names["forward"]), back=", ".join(names["back"]))
    return head + "".join(sections)


def mark(place: int) -> str:
    """Letters of a step, none where its neighbour has the same one: all of them are painted."""
    return f"{place:06}".translate(str.maketrans("0123456789", "qrstuvwxyz" if place % 2 else "QRSTUVWXYZ"))


def _step(id: str, title: str, mutates: bool, place: int, signoff: str, undoes: bool = False) -> str:
    run = f"systemctl restart unit-{place}" if mutates else f"systemctl status unit-{place} | grep -c active"
    return _STEP.format(
        id=id,
        title=title,
        mark=mark(place),
        signoff=signoff,
        mutates=str(mutates).lower(),
        undo=f'"back-{place}"' if mutates and not undoes else "",
        run=run,
    )


def large(steps: int, signoff: str = "operator") -> Runbook:
    """The runbook of `large_text`."""
    return load_text(large_text(steps, signoff), "large.toml")
