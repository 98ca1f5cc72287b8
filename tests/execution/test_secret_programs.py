"""The commands of docs/secrets.md for where companies keep secrets, as they stand there, with the real programs."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.s3_server import S3Server
from tui.errors import SecretMissing
from tui.execution.secrecy.own_machine import printed
from tui.execution.secrecy.redaction import Redactor

DOCUMENT = Path(__file__).parents[2] / "docs" / "secrets.md"
VALUE = "pa$$ wörd \"'\\ x"
"""A value with what shells and formats do not like."""


def documented(where: str) -> str:
    """The command of a row of the table."""
    row = re.search(rf"^\| {where} \| `(.*)` \|$", DOCUMENT.read_text(), re.MULTILINE)
    assert row is not None, where
    return row[1].replace("\\|", "|")


def read(command: str) -> str:
    return printed("database", command, Redactor())


@pytest.fixture
def password_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A password store of the test's own, with a key that is thrown away."""
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    monkeypatch.setenv("PASSWORD_STORE_DIR", str(tmp_path / "store"))
    quick = ["gpg", "--batch", "--passphrase", "", "--quick-generate-key", "ana@example", "rsa2048", "encrypt"]
    for command in (quick, ["pass", "init", "ana@example"]):
        subprocess.run(command, check=True, capture_output=True)
    entry = f"{VALUE}\nuser: shop\n".encode()
    subprocess.run(["pass", "insert", "-m", "shop/database"], input=entry, check=True, capture_output=True)
    yield
    subprocess.run(["gpgconf", "--kill", "all"], check=False, capture_output=True)


@pytest.mark.needs("pass")
@pytest.mark.usefixtures("password_store")
def test_pass() -> None:
    assert read(documented("pass")) == VALUE
    with pytest.raises(SecretMissing, match="prints nothing: Error: shop/other is not in the password store"):
        read(documented("pass").replace("database", "other"))


@pytest.fixture
def secrets_manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = S3Server()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.port}")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with server.unchecked():
        manager = server.client("secretsmanager")
        manager.create_secret(Name="shop/database", SecretString=VALUE)
        manager.create_secret(Name="shop/both", SecretString=json.dumps({"password": VALUE}))
        yield
    server.stop()


def aws_secrets_manager() -> None:
    whole, one = documented("AWS Secrets Manager"), documented("one key of a JSON secret there")
    assert read(whole) == VALUE
    assert read(one.replace("shop/database", "shop/both")) == VALUE
    with pytest.raises(SecretMissing, match="ResourceNotFoundException"):
        read(whole.replace("database", "other"))


class Api(BaseHTTPRequestHandler):
    """Answers as Google's Secret Manager does."""

    def do_GET(self) -> None:
        there = "/projects/shop/secrets/shop-database/versions/latest:access" in self.path
        answer = {"payload": {"data": base64.b64encode(VALUE.encode()).decode()}} if there else {"error": {"code": 404}}
        body = json.dumps(answer).encode()
        self.send_response(200 if there else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *given: object) -> None:
        pass


@pytest.fixture
def google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    (tmp_path / "token").write_text("a token")
    for name, value in {
        "CONFIG": str(tmp_path / "gcloud"),
        "AUTH_ACCESS_TOKEN_FILE": str(tmp_path / "token"),
        "CORE_PROJECT": "shop",
        "CORE_DISABLE_USAGE_REPORTING": "true",
        "API_ENDPOINT_OVERRIDES_SECRETMANAGER": f"http://127.0.0.1:{server.server_port}/",
    }.items():
        monkeypatch.setenv(f"CLOUDSDK_{name}", value)
    yield
    server.shutdown()
    server.server_close()


def google_secret_manager() -> None:
    assert read(documented("Google Secret Manager")) == VALUE


LONG = os.environ.get("RUNBOOK_HOSTS") == "long"
"""Whether programs are run that take seconds to start, and that not every machine has; it is said which."""


@pytest.mark.parametrize(
    ("program", "fixture", "tried"),
    [("aws", "secrets_manager", aws_secrets_manager), ("gcloud", "google", google_secret_manager)],
)
def test_a_large_program(
    program: str,
    fixture: str,
    tried: Callable[[], None],
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert f"`{program} " in DOCUMENT.read_text()
    if not LONG or shutil.which(program) is None:
        return
    request.getfixturevalue(fixture)
    tried()
    with capsys.disabled():
        sys.stdout.write(f"\n{program}: its command of docs/secrets.md was run\n")
