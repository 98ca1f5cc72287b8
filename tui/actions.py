"""Every key in one list, so that bindings, footer, command palette and help cannot disagree."""

from functools import cache
from typing import NamedTuple

from textual.binding import Binding, BindingType


class Act(NamedTuple):
    """Something the operator can do on a screen: `id` names it in the configuration, `help` says what it does.

    The key of a `first` one is the screen's even where the widget in focus has a use for it.
    """

    id: str
    key: str
    action: str
    label: str
    help: str
    show: bool = True
    first: bool = False

    @property
    def screen(self) -> str:
        """The screen it belongs to."""
        return self.id.partition(".")[0]


RUN = (
    Act("run.next", "enter", "next", "Next", "Do what comes next"),
    Act("run.sign", "s", "sign", "Sign", "Sign the step, with a note"),
    Act("run.skip", "k", "skip", "Skip", "Skip the step, with a reason"),
    Act("run.retry", "r", "retry", "Retry", "Run what failed again"),
    Act("run.note", "n", "note", "Note", "Write a note"),
    Act("run.own-command", "exclamation_mark", "own_command", "Command", "A command of your own; recorded", False),
    Act("run.cancel", "c", "cancel", "Cancel", "Stop the running command"),
    Act("run.search", "slash", "search", "Search", "Search in the output"),
    Act("run.match-next", "f3", "search_on(1)", "Next match", "Go to the next match", False),
    Act("run.match-before", "f2,shift+f3", "search_on(-1)", "Previous match", "Go to the previous match", False),
    Act("run.follow", "f", "follow", "Follow", "Follow the end of the output", False),
    Act("run.open", "o", "open_link", "Open", "Open the page the step names", False),
    Act("run.attempts", "a", "attempts", "Attempts", "Look at an older attempt", False),
    Act("run.to-plan", "1", "pane(1)", "Plan", "To the steps; again: zoom", False),
    Act("run.to-step", "2", "pane(2)", "Step", "To the step; again: zoom", False),
    Act("run.to-output", "3", "pane(3)", "Output", "To the output; again: zoom", False),
    Act("run.zoom", "z", "zoom", "Zoom", "Output on the whole screen", False),
    Act("run.wrap", "w", "wrap", "Wrap", "Wrap long lines, or not", False),
    Act("run.copy", "y", "copy", "Copy", "Copy selected or shown lines", False),
    Act("run.here", "g,home", "here", "Current", "Back to the current step", False),
    Act("run.values", "v", "values", "Values", "Correct a value; asks why", False),
    Act("run.reopen", "u", "reopen", "Reopen", "Do a settled step again", False),
    Act("run.checks", "x", "checks", "Checks", "All checks of the section", False),
    Act("run.troubleshoot", "t", "troubleshoot", "Trouble", "Look up a known trouble", False),
    Act("run.watch", "m", "watch", "Watch", "Watch the monitors", False),
    Act("run.call-help", "h", "call_help", "Call for help", "In a drill: call for help", False),
    Act("run.rollback", "ctrl+r", "rollback", "Roll back", "Start the rollback"),
    Act("run.summary", "ctrl+s", "summary", "Summary", "The result so far", False),
    Act("run.quit", "q", "quit", "Quit", "Leave; says how to return"),
)


def _as_run(screen: str, *names: str) -> tuple[Act, ...]:
    """The run screen's acts of these names for another screen."""
    own = {act.id.partition(".")[2]: act for act in RUN}
    return tuple(own[name]._replace(id=f"{screen}.{name}") for name in names)


def _in_footer(*acts: Act) -> tuple[Act, ...]:
    """The acts, shown in the footer of their screen."""
    return tuple(act._replace(show=True) for act in acts)


def _not_in_footer(*acts: Act) -> tuple[Act, ...]:
    """The acts, left out of the footer of their screen."""
    return tuple(act._replace(show=False) for act in acts)


_UPDATE = Act("rollback.update", "u", "update", "Update", "Write the status update and send it")
_EVERYTHING = Act("rollback.everything", "p", "everything", "All", "All of the session's steps, or its rollback", False)
_OTHERWISE = {"run.rollback": None, "run.reopen": "U"}
"""The run screen's keys that the rollback screen has not, or has elsewhere."""

ROLLBACK = (
    *(
        act._replace(id=f"rollback.{act.id.partition('.')[2]}", key=_OTHERWISE.get(act.id) or act.key)
        for act in RUN
        if _OTHERWISE.get(act.id, act.key)
    ),
    _UPDATE,
    _EVERYTHING,
)

ACTS = (
    Act("home.deploy", "d", "begin('deploy')", "Deploy", "Set up a deployment"),
    Act("home.verify", "v", "begin('verify')", "Verify", "Set up a verification of the running system"),
    Act("home.follow-up", "f", "begin('follow-up')", "Follow up", "Set up the follow-ups of a deployment"),
    Act(
        "home.rollback",
        "r",
        "begin('rollback')",
        "Roll back",
        "Set up a rollback of a deployment that is not open here",
    ),
    *_in_footer(*_as_run("home", "troubleshoot")),
    Act(
        "home.resume",
        "enter",
        "resume",
        "Open",
        "Open what is marked: resume it, show its summary, tick it off, start it",
        False,
    ),
    Act(
        "home.roll-back",
        "ctrl+r",
        "roll_back",
        "Roll it back",
        "Resume the marked unfinished session and roll it back; asks first",
        False,
    ),
    Act("home.all", "a", "all", "All", "List every session and every rehearsal, or the last deployments again", False),
    Act("home.links", "o", "links", "Links", "The dashboards, to be opened or copied", False),
    Act("home.runbooks", "b", "runbooks", "Runbooks", "Open another runbook of this folder", False),
    Act("home.tick", "x", "tick", "Tick off", "Record that a follow-up of a deployment is done", False),
    Act("home.replay", "p", "replay", "Replay", "Replay a session"),
    Act("home.export", "e", "export", "Export", "Write a session as Markdown, a page and JSON", False),
    Act("home.quit", "q", "quit", "Quit", "End the program"),
    Act("setup.begin", "f10,ctrl+enter", "begin", "Begin", "Begin the session as it is set up", True, True),
    Act("setup.preflight", "f5", "preflight", "Check again", "Check every host and secret again", True, True),
    Act("setup.back", "escape", "back", "Back", "Leave the set-up; nothing has begun", True, True),
    *RUN,
    *ROLLBACK,
    Act("trouble.next", "enter", "next", "Run", "Run the marked step; after it go to the next, or back"),
    *_as_run("trouble", "sign", "skip", "retry"),
    *_not_in_footer(*_as_run("trouble", "search", "quit")),
    *_as_run("trouble", "cancel"),
    *_not_in_footer(*_as_run("trouble", "note", "own-command")),
    Act("trouble.others", "t", "troubleshoot", "Others", "Look at another known trouble"),
    *_as_run("trouble", "zoom", "wrap", "attempts", "watch", "rollback"),
    *_not_in_footer(
        *_as_run("trouble", "match-next", "match-before", "follow", "to-plan", "to-step", "to-output"),
        *_as_run("trouble", "copy", "open", "here", "values", "reopen", "call-help", "summary"),
    ),
    Act("trouble.back", "escape", "back", "Back", "Back to the steps, where they were left"),
    Act("replay.play", "space", "play", "Play", "Play, or pause; at the end, from the beginning again", True, True),
    Act("replay.back", "left", "by(-1)", "1 s", "A second back", True, True),
    Act("replay.forward", "right", "by(1)", "1 s", "A second forward", True, True),
    Act("replay.far-back", "shift+left", "by(-60)", "-1 min", "A minute back", False, True),
    Act("replay.far-forward", "shift+right", "by(60)", "+1 min", "A minute forward", False, True),
    Act("replay.step-back", "left_square_bracket", "mark('step', -1)", "Step", "To the previous step"),
    Act("replay.step", "right_square_bracket", "mark('step', 1)", "Step", "To the next step"),
    Act("replay.failure-back", "comma", "mark('failure', -1)", "Failure", "To the previous failure"),
    Act("replay.failure", "full_stop", "mark('failure', 1)", "Failure", "To the next failure"),
    Act(
        "replay.sign-off-back", "less_than_sign", "mark('sign-off', -1)", "Sign-off", "To the previous sign-off", False
    ),
    Act("replay.sign-off", "greater_than_sign", "mark('sign-off', 1)", "Sign-off", "To the next sign-off", False),
    Act("replay.slower", "minus", "speed(-1)", "Speed", "Play slower, down to 1×"),
    Act("replay.faster", "plus,equals_sign", "speed(1)", "Speed", "Play faster, up to 64×"),
    Act("replay.idle", "i", "idle", "Idle", "Skip the times when nothing happens, or show them", False),
    Act("replay.jump", "j", "jump", "Jump", "Go to a time, or to a step"),
    Act("replay.begin", "home", "begin", "Begin", "To the beginning", False, True),
    Act("replay.end", "end", "end", "End", "To the end", False, True),
    Act("replay.search", "slash", "search", "Search", "Search every command and all output"),
    Act("replay.match-next", "n,f3", "hit(1)", "Next match", "To the next match of the search", False),
    Act("replay.match-before", "N,f2", "hit(-1)", "Previous match", "To the previous match", False),
    Act("replay.step-begin", "enter", "to_step", "To it", "To the beginning of the marked step", False),
    Act("replay.here", "g", "here", "Current", "Back to the current step", False),
    *_as_run("replay", "attempts", "own-command"),
    Act("replay.stamps", "t", "stamps", "Times", "Show or hide the time at which each line arrived", False),
    *_as_run("replay", "follow", "to-plan", "to-step", "to-output", "zoom", "wrap", "copy"),
    Act("replay.watch", "m", "watch", "Watch", "The monitors, as they were", False),
    Act("replay.summary", "ctrl+s", "summary", "Summary", "The result of the session", False),
    Act("replay.focus", "tab", "app.focus_next", "Focus", "To the next pane", False),
    Act("replay.leave", "q,escape", "leave", "Leave", "Leave the replay"),
    *_as_run("watch", "rollback"),
    Act("watch.earlier", "left", "time(-1)", "Earlier", "Choose an earlier time, and see the values at it", True, True),
    Act("watch.later", "right", "time(1)", "Later", "Choose a later time; at the end it is now again", True, True),
    Act("watch.baseline", "b", "baseline", "Baseline", "Take what was measured until now as what is usual"),
    Act("watch.back", "escape,m", "back", "Back", "Back to the steps"),
    Act("checks.again", "enter", "again", "Again", "Run the selected check again; if it is good, all that are not"),
    Act("checks.all", "r", "all", "All again", "Run again what failed, and what has not run yet"),
    Act("checks.cancel", "c", "cancel", "Cancel", "Stop the checks that run"),
    Act("checks.troubleshoot", "t", "troubleshoot", "Trouble", "The known trouble that the selected check looks like"),
    *_as_run("checks", "rollback"),
    Act("checks.back", "escape,x", "back", "Back", "Back to the steps"),
    Act("summary.finish", "f", "finish", "Finish", "End the session and record its result"),
    Act("summary.back", "r", "back", "Back to the steps", "Back to the steps; a finished session is reopened"),
    Act("summary.leave", "escape", "leave", "Leave", "Back to the steps, or from a finished session home", False),
    Act("summary.export", "e", "export", "Export", "Write the session as Markdown, a page and JSON"),
    *_as_run("summary", "rollback"),
    Act("summary.note", "n", "note", "Note", "Write a note about the session"),
    Act("summary.home", "h", "home", "Home", "Leave the session as it is and go to the first screen"),
    Act("review.keep", "k", "decide('k')", "Keep", "Keep it as it is"),
    Act("review.by-hand", "m", "decide('m')", "By hand", "A person does what the document says"),
    Act("review.text", "t", "decide('t')", "Text", "It is read, nothing runs"),
    Act("review.reads", "r", "decide('r')", "Reads", "Say that the command only reads"),
    Act("review.changes", "c", "decide('c')", "Changes", "Say that the command changes something"),
    Act("review.edit", "e", "edit", "Edit", "Another command in its place"),
    Act("review.undo", "u", "undo", "Undo", "Take the last decision back"),
    Act("review.next", "n", "move(1)", "Next", "Look at the next passage; this one is left for later"),
    Act("review.before", "p", "move(-1)", "Previous", "Look at the passage before", False),
    Act("review.leave", "q,escape", "leave", "Leave", "Leave; `--review` continues"),
    Act("help.close", "escape", "close", "Close", "Close the help"),
    Act("steps.before", "up", "move(-1)", "Previous step", "Look at the previous step", False),
    Act("steps.after", "down", "move(1)", "Next step", "Look at the next step", False),
    Act("sections.fold", "space", "fold('toggle')", "Fold", "Fold the section looked at, or open it", False),
    Act("sections.close", "left", "fold('fold')", "Fold it", "Fold the section looked at", False),
    Act("sections.open", "right", "fold('open')", "Open it", "Open the section looked at", False),
    Act("hosts.before", "left", "mark_beside(-1)", "Host before", "Mark the host before, or one to look at", False),
    Act("hosts.after", "right", "mark_beside(1)", "Next host", "Mark the next host, or one to look at", False),
    Act("hosts.above", "up", "mark_row(-1)", "Host above", "Mark the host above the marked one", False),
    Act("hosts.below", "down", "mark_row(1)", "Host below", "Mark the host below the marked one", False),
    Act("hosts.open", "enter", "open_host", "Open", "Open what the marked host printed", False),
    Act("hosts.none", "escape", "unmark", "No host", "Mark no host", False),
    Act("table.before", "up", "move(-1)", "Previous row", "Look at the previous row", False),
    Act("table.after", "down", "move(1)", "Next row", "Look at the next row", False),
    Act("table.page-before", "pageup", "page(-1)", "Page up", "A page up", False),
    Act("table.page-after", "pagedown", "page(1)", "Page down", "A page down", False),
    Act("table.first", "home", "end(False)", "First", "To the first row", False),
    Act("table.last", "end", "end(True)", "Last", "To the last row", False),
    Act("dialog.no", "escape", "no", "No", "Close the dialog: nothing happens", False),
    Act("dialog.help", "f1,question_mark", "app.help", "Help", "These keys (f1 also while a text is written)", False),
    Act("dialog.below", "pagedown", "scroll(1)", "More below", "The next part of a long dialog", False, True),
    Act("dialog.above", "pageup", "scroll(-1)", "More above", "The previous part", False, True),
    Act("confirm.yes", "y", "yes", "Yes", "Do it", False),
    Act("confirm.no", "n", "no", "No", "Do not do it", False),
    Act("ways.other", "f2", "other", "The other way", "Show what else could be run: what failed, or all", False),
    Act("ways.alone", "f4", "alone", "Alone", "Start without a second person; asks why", False),
    Act("approval.refuse", "f3", "answer(False)", "Refuse", "The second person refuses: nothing starts", False),
    Act("approval.alone", "f4", "alone", "Alone", "Nobody is reachable: start alone, with a reason", False),
    Act("approval.withdraw", "f6", "withdraw", "Withdraw", "Ask no more: nothing starts", False),
    Act("question.yes", "y", "answer('yes')", "Yes", "Answer yes", False),
    Act("question.no", "n", "answer('no')", "No", "Answer no", False),
    Act("by-hand.failed", "f4", "ended(False)", "Not done", "Record that it was not done, and why", False),
    Act("by-hand.done", "f3", "ended(True)", "Done", "Record that it was done by hand", False),
    Act("own-command.terminal", "f2", "terminal", "Terminal", "Open it, or a shell, in a terminal", False),
    Act("resolve.follow", "f2", "follow", "Follow", "Follow the command again", False),
    Act("resolve.failed", "f3", "resolve(False)", "It failed", "Record that it failed", False),
    Act("resolve.succeeded", "f4", "resolve(True)", "It succeeded", "Record that it succeeded", False),
    Act("message.copy", "f2", "go('copied')", "Copy", "Copy the message, to be sent by hand", False),
    Act("message.send", "f3", "go('sent')", "Send", "Send the message by the runbook's command", False),
    Act("message.already", "f4", "go('already sent')", "Sent already", "Record that it was sent", False),
    Act("moved.session", "s", "choose('session')", "As in the session", "The hosts as the session has them", False),
    Act(
        "moved.today",
        "t",
        "choose('today')",
        "As today",
        "The hosts as the runbook and the settings have them today",
        False,
    ),
    Act("taken-up.check", "c", "check", "Check again", "Run the last checks again", False),
    Act("app.login", "f9", "login", "Log in", "Log in again to the hosts that wait for it", False),
    Act("app.help", "question_mark,f1", "help", "Help", "Every key of this screen and of the others"),
)
"""In the order of the footer."""

TITLES = {
    "home": "Home",
    "setup": "Set-up",
    "run": "Run",
    "rollback": "Rollback",
    "trouble": "Troubleshoot",
    "replay": "Replay",
    "watch": "Watch",
    "checks": "Checks",
    "summary": "Summary",
    "review": "Review of an import",
    "help": "Help",
    "steps": "List of steps",
    "sections": "List of steps: its sections",
    "hosts": "Step: the hosts of its group",
    "table": "Table of checks",
    "dialog": "Every dialog",
    "confirm": "Dialog: yes or no",
    "ways": "Dialog: a step that runs again",
    "approval": "Dialog: a second person allows it",
    "question": "Dialog: a question",
    "by-hand": "Dialog: work by hand",
    "own-command": "Dialog: a command of your own",
    "resolve": "Dialog: an UNKNOWN outcome",
    "message": "Dialog: a message",
    "moved": "Dialog: hosts are elsewhere",
    "taken-up": "Dialog: a session is resumed",
    "app": "Everywhere",
}
_STEPS = ("steps",)
BESIDE = {
    **dict.fromkeys(("run", "rollback"), (*_STEPS, "sections")),
    **dict.fromkeys(("trouble", "replay"), _STEPS),
    "checks": ("table",),
    "confirm": ("ways", "dialog"),
    **dict.fromkeys(
        ("ways", "approval", "question", "by-hand", "resolve", "message", "moved", "taken-up"), ("dialog",)
    ),
    "own-command": ("dialog",),
}
"""Whose keys are heard on a screen beside its own."""
IDS = frozenset(act.id for act in ACTS)


KEY_NAMES = {
    "question_mark": "?",
    "exclamation_mark": "!",
    "slash": "/",
    "escape": "esc",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "comma": ",",
    "full_stop": ".",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "plus": "+",
    "equals_sign": "=",
    "minus": "-",
}
"""Keys whose name is not what people call them."""


SIGNS = {"enter": "⏎", "left": "←", "right": "→", "up": "↑", "down": "↓", "pagedown": "pgdn", "pageup": "pgup"}
"""Keys that take less room by a sign, or by a part of their name."""


@cache
def key_sign(key: str, ascii: bool = False) -> str:
    """One key as it is shown, the same wherever it is named: ^r for ctrl+r, F5, ⏎."""
    held, _, last = key.rpartition("+")
    if held == "ctrl" and last:
        return f"^{key_sign(last, ascii)}"
    if held:
        return f"{held}+{key_sign(last, ascii)}"
    if ascii and key in ("enter", "left", "right", "up", "down"):
        return key
    named = SIGNS.get(key) or KEY_NAMES.get(key, key)
    return named.upper() if key[:1] == "f" and key[1:].isdigit() else named


def called(act: Act) -> tuple[str, tuple[str, ...]]:
    """The action of an act, and what it is given."""
    name, _, given = act.action.partition("(")
    return name, tuple(one.strip("' ") for one in given.rstrip(")").split(",") if one)


@cache
def acts(screen: str) -> tuple[Act, ...]:
    """What can be done on a screen."""
    return tuple(act for act in ACTS if act.screen == screen)


def bindings(screen: str) -> list[BindingType]:
    """The keys of a screen, which the configuration may change by their ids."""
    return [
        Binding(act.key, act.action, act.label, show=act.show, id=act.id, tooltip=act.help, priority=act.first)
        for act in acts(screen)
    ]


def key_words(key: str) -> str:
    """The keys of an action in a sentence: F10 or ^⏎."""
    return " or ".join(key_sign(one) for one in key.split(","))
