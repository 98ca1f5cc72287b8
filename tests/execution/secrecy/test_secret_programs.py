"""The commands of docs/secrets.md for where companies keep secrets, as they stand there, with the real programs."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.servers.s3_server import S3Server
from tests.support.servers.sshd import free_port
from tui.errors import SecretMissing
from tui.execution.secrecy.own_machine import printed
from tui.execution.secrecy.redaction import Redactor

DOCUMENT = Path(__file__).parents[3] / "docs" / "secrets.md"
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


@pytest.fixture
def encrypted_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that sops encrypted for a key of age's, in the folder where the command runs."""
    key = tmp_path / "age.txt"
    subprocess.run(["age-keygen", "-o", str(key)], check=True, capture_output=True)
    recipient = re.search(r"age1\w+", key.read_text())
    assert recipient is not None
    plain = json.dumps({"database": {"password": VALUE}, "other": "shown to nobody"})
    command = [
        "sops",
        "encrypt",
        "--age",
        recipient[0],
        "--filename-override",
        "secrets.enc.yaml",
        "--input-type",
        "json",
    ]
    done = subprocess.run([*command, "/dev/stdin"], input=plain.encode(), check=True, capture_output=True)
    (tmp_path / "secrets.enc.yaml").write_bytes(done.stdout)
    assert VALUE.encode() not in done.stdout
    monkeypatch.setenv("SOPS_AGE_KEY_FILE", str(key))
    monkeypatch.chdir(tmp_path)


def sops() -> None:
    command = documented("sops")
    assert read(command) == VALUE
    with pytest.raises(SecretMissing, match="ends with"):
        read(command.replace("password", "nothing"))


@pytest.fixture
def vault_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server of OpenBao, which was made out of Vault, with a version 2 store under `secret` as Vault's own has it."""
    port = free_port()
    for name, value in {"ADDR": f"http://127.0.0.1:{port}", "TOKEN": "a-token"}.items():
        monkeypatch.setenv(f"BAO_{name}", value)
    monkeypatch.setenv("HOME", str(tmp_path))
    options = ["-dev", "-dev-root-token-id=a-token", f"-dev-listen-address=127.0.0.1:{port}"]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(["bao", "server", *options], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        put = ["bao", "kv", "put", "-mount=secret", "shop/database", "password=-"]
        for _ in range(100):
            if subprocess.run(put, input=VALUE.encode(), capture_output=True).returncode == 0:
                break
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait()


def vault() -> None:
    command = documented("Vault")
    assert command.startswith("vault ")
    command = command.replace("vault ", "bao ", 1)
    assert read(command) == VALUE
    with pytest.raises(SecretMissing, match="ends with 2: .*No value found at secret/data/shop/other"):
        read(command.replace("database", "other"))


LONG = os.environ.get("RUNBOOK_HOSTS") == "long"
"""Whether programs are run that take seconds to start, and that not every machine has; it is said which."""


@pytest.mark.parametrize(
    ("program", "fixture", "tried"),
    [
        ("aws", "secrets_manager", aws_secrets_manager),
        ("gcloud", "google", google_secret_manager),
        ("sops", "encrypted_file", sops),
        ("bao", "vault_server", vault),
    ],
)
def test_a_large_program(
    program: str,
    fixture: str,
    tried: Callable[[], None],
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert f"`{program}" in DOCUMENT.read_text()
    if not LONG or shutil.which(program) is None:
        return
    request.getfixturevalue(fixture)
    tried()
    with capsys.disabled():
        sys.stdout.write(f"\n{program}: its command of docs/secrets.md was run\n")
