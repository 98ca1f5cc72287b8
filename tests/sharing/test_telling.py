"""People are told by the services of the settings: once for each event, and nothing waits for a service."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from tests.support.harness.waiting import until
from tests.support.machines.fake_transport import FakeTransport, Reply
from tests.support.runbooks.runbooks import SMALL, small
from tests.support.servers.web_server import Request, document, serving_web
from tui.cli.main import main
from tui.config import Config, NotifierPlace
from tui.errors import SecretMissing, UsageError
from tui.execution.secrecy.redaction import Redactor
from tui.execution.workspace import Setup, Workspace
from tui.session.archive.store import Store
from tui.session.clock import SystemClock
from tui.session.outcome import Outcome, OutcomeKind
from tui.sharing.attached import share_sessions
from tui.sharing.telling import notifiers
from tui.sharing.telling.notifiers import MOST, Notifier, Send, notifiers_of
from tui.sharing.telling.told_of import KINDS

EVERYTHING = tuple(KINDS)


class Told:
    """A service of the test's own: keeps what it is given."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str]] = []
        self.news = threading.Condition()
        self.takes = True

    def __call__(self, title: str, text: str) -> bool:
        with self.news:
            self.messages.append((title, text))
            self.news.notify_all()
        return self.takes

    def wait_for(self, words: str) -> str:
        """The first text with these words."""
        with self.news:
            assert self.news.wait_for(lambda: any(words in text for _, text in self.messages), 20), self.messages
        return next(text for _, text in self.messages if words in text)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    service = Told()
    monkeypatch.setenv("CHAT", "json://secret-token@example.com/hook")
    monkeypatch.setattr(notifiers, "by_apprise", lambda name, url: service)
    return service


@pytest.fixture
def host() -> FakeTransport:
    return FakeTransport({"uptime": Reply(b"load average: 0.1\n"), "git describe": Reply(b"v1\n")})


@pytest.fixture
def workspace(tmp_path: Path, host: FakeTransport, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setenv("DB_PASSWORD", "hunter2-secret")
    made = Workspace(small(), SMALL, Store(tmp_path / "sessions"), {"web": host, "tools": host}, SystemClock())
    yield made
    made.close()


def settings(on: tuple[str, ...] = EVERYTHING, text: str = "") -> Config:
    return Config(notify={"chat": NotifierPlace(url="env:CHAT", on=on, text=text)})


def setup() -> Setup:
    return Setup(flow="deploy", method="docker", operator="ana", variables={"release": "v2"})


class TestASession:
    def test_what_happens_is_told_and_once(self, workspace: Workspace, host: FakeTransport, told: Told) -> None:
        share_sessions(workspace, settings())
        conductor = workspace.begin(setup())
        told.wait_for("session started")
        host.replies["uptime"] = Reply(outcome=Outcome.exited(1))
        conductor.start("look")
        conductor.wait()
        told.wait_for("exit status 1")
        conductor.roll_back("rollback", "it is slow")
        told.wait_for("ROLLBACK started: it is slow")
        conductor.close()
        again = workspace.resume("last", "ben")
        told.wait_for("handed over by ana")
        again.finish("abandoned")
        told.wait_for("session finished")
        again.close()
        assert [title.rpartition(": ")[2] for title, _ in told.messages] == [
            "started", "failed", "rollback", "rolled-back", "handover", "finished"
        ]  # fmt: skip

    def test_only_of_what_the_settings_say_and_in_their_words(
        self, workspace: Workspace, host: FakeTransport, told: Told
    ) -> None:
        share_sessions(workspace, settings(("unknown",), "{{ operator }} at {{ at }}: {{ what }} ({{ session }})"))
        conductor = workspace.begin(setup())
        host.replies["uptime"] = Reply(outcome=Outcome(OutcomeKind.UNKNOWN, detail="lost"))
        conductor.start("look")
        conductor.wait()
        text = told.wait_for("lost")
        assert text.startswith("ana at ")
        assert conductor.state.facts["session"] in text
        assert len(told.messages) == 1
        conductor.close()

    def test_what_is_not_taken_is_said_on_the_screen(self, workspace: Workspace, told: Told) -> None:
        told.takes = False
        share_sessions(workspace, settings())
        conductor = workspace.begin(setup())
        told.wait_for("session started")
        shared = conductor.shared
        assert shared is not None
        until(lambda: shared.troubled)
        assert shared.words == "not told by chat: it was not taken"
        conductor.close()

    def test_the_update_of_a_rollback_goes_to_the_services_that_are_for_it(
        self, workspace: Workspace, told: Told
    ) -> None:
        workspace.redactor.add("hunter2-secret")
        share_sessions(workspace, settings(("update",)))
        conductor = workspace.begin(setup())
        assert conductor.announces is not None
        conductor.announces.tell("News", "half done, with hunter2-secret")
        assert told.wait_for("half done") == f"half done, with {conductor.executor.redact('hunter2-secret')}"
        assert "hunter2" not in told.messages[0][1]
        assert [title for title, _ in told.messages] == ["News"], "of what happens it is not told"
        conductor.close()

    def test_without_such_a_service_there_is_no_way_to_send_it(self, workspace: Workspace, told: Told) -> None:
        share_sessions(workspace, settings(("finished",)))
        conductor = workspace.begin(setup())
        assert conductor.announces is None
        conductor.close()

    def test_a_rehearsal_tells_nobody(self, workspace: Workspace, told: Told) -> None:
        workspace.drill = "calm"
        share_sessions(workspace, settings())
        workspace.begin(setup()).close()
        assert told.messages == []


class TestAService:
    def hanging(self, hangs: float) -> tuple[Notifier, threading.Event]:
        ends = threading.Event()

        def send(title: str, text: str) -> bool:
            ends.wait(30)
            return True

        return Notifier("chat", NotifierPlace(url="env:CHAT", on=EVERYTHING), send, hangs), ends

    def test_one_that_hangs_holds_nobody_up_and_is_bounded(self) -> None:
        notifier, ends = self.hanging(0.05)
        before = threading.active_count()
        began = time.monotonic()
        for number in range(3 * MOST):
            notifier.tell("title", str(number))
        assert time.monotonic() - began < 2
        assert threading.active_count() <= before + 1
        until(lambda: "chat has not taken a message for" in notifier.trouble)
        assert "messages left out" in notifier.trouble
        assert len(notifier._waiting) <= MOST
        ends.set()

    def test_what_a_library_says_of_an_address_is_not_repeated(self) -> None:
        def send(title: str, text: str) -> bool:
            raise ValueError("json://secret-token@example.com refused")

        with pytest.raises(notifiers.NotifyFailed) as failed:
            Notifier("chat", NotifierPlace(url="env:CHAT"), send).deliver("a", "b")
        assert "secret-token" not in f"{failed.value!r}{failed.value.hint}{failed.value.__cause__!r}"

    def test_a_setting_that_cannot_be_meant(self, told: Told) -> None:
        def made(**given: object) -> list[Notifier]:
            place = msgspec.convert({"url": "env:CHAT", **given}, NotifierPlace)
            return notifiers_of({"chat": place}, Redactor())

        with pytest.raises(UsageError, match=r"\[notify.chat\] on: 'handovr' is nothing that is told") as wrong:
            made(on=["handovr"])
        assert "handover" in wrong.value.hint
        with pytest.raises(UsageError, match="does not say where its value is read") as plain:
            made(url="json://token@example.com")
        assert "token" not in plain.value.message
        with pytest.raises(SecretMissing, match="has no value"):
            made(url="env:NOT_SET")


@pytest.fixture
def received() -> Iterator[tuple[int, list[Request]]]:
    """An HTTP receiver, its port and what it got."""
    requests: list[Request] = []

    def answer(request: Request) -> Any:
        requests.append(request)
        return document({})

    with serving_web(answer) as port:
        yield port, requests


class TestApprise:
    def send(self, port: int) -> Send:
        return notifiers.by_apprise("chat", f"json://127.0.0.1:{port}/hook")

    def test_a_message_reaches_a_web_hook(self, received: tuple[int, list[Request]]) -> None:
        port, requests = received
        Notifier("chat", NotifierPlace(url="env:CHAT"), self.send(port)).deliver("Shop: failed", "web: exit 1\nlook")
        body = msgspec.json.decode(requests[0].body)
        assert (requests[0].path, body["title"], body["message"]) == ("/hook", "Shop: failed", "web: exit 1\nlook")

    def test_one_that_nobody_takes_fails(self) -> None:
        with pytest.raises(notifiers.NotifyFailed, match="it was not taken"):
            Notifier("chat", NotifierPlace(url="env:CHAT"), self.send(1)).deliver("a", "b")

    def test_an_address_that_is_none(self) -> None:
        send = notifiers.by_apprise("chat", "nonsense")
        with pytest.raises(notifiers.NotifyFailed, match="its address is none that apprise knows"):
            Notifier("chat", NotifierPlace(url="env:CHAT"), send).deliver("a", "b")

    def test_where_it_is_not_installed_it_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "apprise", None)
        with pytest.raises(notifiers.NotifyFailed, match="apprise is not installed here"):
            Notifier("chat", NotifierPlace(url="env:CHAT"), self.send(1)).deliver("a", "b")

    def test_the_command_sends_one_and_says_what_became_of_it(
        self, received: tuple[int, list[Request]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        port, requests = received
        folder = tmp_path / "config/runbook"
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text(
            '[notify.chat]\nurl = "env:CHAT"\non = ["failed"]\n[notify.other]\nurl = "env:OTHER"\n'
        )
        environment = {
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "CHAT": f"json://127.0.0.1:{port}/hook",
            "OTHER": "json://127.0.0.1:1/",
        }
        good = CliRunner().invoke(main, ["notify", "test", "chat"], env=environment)
        assert (good.exit_code, good.output) == (0, "✔ chat: it was taken; on: failed\n")
        assert len(requests) == 1
        both = CliRunner().invoke(main, ["notify", "test"], env=environment)
        assert both.exit_code == 4
        assert "✖ other: it was not taken" in both.output
        none = CliRunner().invoke(main, ["notify", "test", "nobody"], env=environment)
        assert none.exit_code == 2


def test_the_library_is_imported_with_the_first_message() -> None:
    code = "import sys, tui.sharing.telling.notifiers; print('apprise' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
