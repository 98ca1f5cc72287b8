"""Checks that what the operator's shell and home say of other services changes nothing for those that are asked."""

import json
import os
import socket
import socketserver
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.machines.reach import reaching
from tests.support.runbooks.probed import failure, probed
from tests.support.servers.certificates import Authority, serving
from tests.support.servers.mariadb import Mariadb
from tests.support.servers.s3_server import S3Server
from tests.support.servers.web_server import Reply, Request, serving_web
from tui.probes import tls_trust
from tui.probes.base import NoData
from tui.probes.docker.probe import DockerProbe
from tui.probes.http.probe import HttpProbe
from tui.probes.mysql.probe import MysqlProbe
from tui.probes.s3.probe import S3Probe
from tui.runbook.probing import docker, http, mysql, s3
from tui.transports.local.transport import LocalTransport

HERE = LocalTransport("here")
TOKEN = "token-of-another-engine"


@contextmanager
def recording_engine(answer: bytes = b"") -> Iterator[tuple[str, list[bytes]]]:
    """The socket of something that answers like an engine without containers, and what it was asked."""
    asked: list[bytes] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while line := self.rfile.readline():
                head = [line]
                while (more := self.rfile.readline()) not in (b"\r\n", b""):
                    head.append(more)
                asked.append(b"".join(head))
                body = b'{"Version": "27.0", "ApiVersion": "1.44"}' if b"/version" in line else b"[]"
                said = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                self.wfile.write(answer or said % (len(body), body))

    class Server(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True

    with tempfile.TemporaryDirectory() as directory:
        path = f"{directory}/s"
        with Server(path, Handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
            thread.start()
            try:
                yield path, asked
            finally:
                server.shutdown()
                thread.join()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of an operator whose shell says a lot about other services."""
    monkeypatch.setenv("HOME", str(tmp_path))
    nowhere = "http://127.0.0.1:9"
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, nowhere)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE"):
        monkeypatch.setenv(name, str(tmp_path / "missing.pem"))
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "no-such-folder" / "keys"))
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_API_VERSION", "9.99")
    monkeypatch.setenv("MYSQL_HOST", "127.0.0.9")
    monkeypatch.setenv("MYSQL_TCP_PORT", "9")
    monkeypatch.setenv("MYSQL_PWD", "of-another-server")
    (tmp_path / ".netrc").write_text("machine localhost login other password of-another-server\n")
    (tmp_path / ".netrc").chmod(0o600)
    (tmp_path / ".my.cnf").write_text("[client]\nhost=127.0.0.9\nport=9\npassword=of-another-server\n")
    return tmp_path


@pytest.mark.parametrize(
    "config",
    [
        json.dumps({"HttpHeaders": {"X-Token": TOKEN}, "proxies": {"default": {"httpProxy": "http://127.0.0.1:9"}}}),
        json.dumps(
            {"credsStore": "nowhere", "credHelpers": {"registry.example": "nowhere"}, "HttpHeaders": {"A": TOKEN}}
        ),
        json.dumps({"auths": "no table"}),
        json.dumps(["no table"]),
        "{",
    ],
)
def test_an_engine_is_sent_nothing_of_the_operators_docker_configuration(home: Path, config: str) -> None:
    (home / ".docker").mkdir()
    (home / ".docker" / "config.json").write_text(config)
    with recording_engine() as (path, asked):
        reading = probed(DockerProbe(), docker.SPEC, "containers", {"socket": path}, {}, HERE)
    assert reading.document["version"] == "27.0"
    assert len(asked) == 3
    assert TOKEN.encode() not in b"".join(asked)


def test_an_engine_that_redirects_leads_nowhere(home: Path) -> None:
    with serving_web(lambda request: Reply(200, b"{}")) as port:
        said = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{port}/version\r\nContent-Length: 0\r\n\r\n"
        with recording_engine(said.encode()) as (path, _):
            failure(DockerProbe(), docker.SPEC, "containers", {"socket": path}, {}, HERE)


AWS = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
    "AWS_PROFILE": "of-nobody",
    "AWS_DEFAULT_PROFILE": "of-nobody",
    "AWS_MAX_ATTEMPTS": "many",
    "AWS_RETRY_MODE": "adaptive",
    "AWS_DEFAULTS_MODE": "no-such-mode",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
    "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT": "no-such-value",
    "AWS_S3_USE_ARN_REGION": "false",
    "AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS": "true",
    "AWS_REQUEST_CHECKSUM_CALCULATION": "no-such-value",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "no-such-mode",
    "AWS_AUTH_SCHEME_PREFERENCE": "sigv4a",
    "AWS_CSM_ENABLED": "true",
    "AWS_CSM_PORT": "no-port",
    "AWS_SDK_UA_APP_ID": "of-the-operator",
    "AWS_DEFAULT_REGION": "nowhere-1",
    "AWS_REGION": "nowhere-1",
    "AWS_ACCESS_KEY_ID": "of-another-account",
    "AWS_SECRET_ACCESS_KEY": "of-another-account",
    "AWS_SESSION_TOKEN": "of-another-account",
}


@pytest.fixture
def amazon(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The same operator works with AWS: by variables, by a profile and by descriptions of services in the home."""
    from tui.probes.s3 import wire as s3_wire

    for name, value in AWS.items():
        monkeypatch.setenv(name, value)
    (home / ".aws" / "models").mkdir(parents=True)
    (home / ".aws" / "models" / "endpoints.json").write_text("{}")
    (home / ".aws" / "config").write_text("[default]\nmax_attempts = 9\ns3 =\n  addressing_style = no-such-style\n")
    monkeypatch.setenv("AWS_DATA_PATH", str(home / ".aws" / "models"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / ".aws" / "config"))
    monkeypatch.delenv("SSLKEYLOGFILE")  # the library opens it for a session of its own, which is never used
    s3_wire._library.cache_clear()
    yield home
    s3_wire._library.cache_clear()


def test_a_bucket_is_asked_as_if_the_shell_knew_nothing_of_aws(s3_server: S3Server, amazon: Path) -> None:
    s3_server.requests.clear()
    reading = probed(S3Probe(), s3.SPEC, "list", s3_server.settings(), {}, HERE)
    assert reading.document["complete"] is True
    assert [(method, host) for method, host, _ in s3_server.requests] == [("GET", f"127.0.0.1:{s3_server.port}")]


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_the_host_of_amazons_own_s3_is_the_regions(amazon: Path, region: str) -> None:
    from tui.probes.s3 import wire as s3_wire

    given = {"bucket": "backups", "region": region, "access_key": "a", "secret_key": "b"}
    with reaching(HERE) as reach:
        client = s3_wire.client(given, s3_wire.S3Wire(reach, ""))
    url = client.generate_presigned_url("get_object", Params={"Bucket": "backups", "Key": "k"})
    assert url.startswith(f"https://backups.s3.{region}.amazonaws.com/k?") or (
        region == "us-east-1" and url.startswith("https://backups.s3.amazonaws.com/k?")
    )
    assert client.meta.config.retries == {"total_max_attempts": 1, "mode": "standard"}
    assert client.meta.config.user_agent_appid is None
    assert "fips" not in url
    assert "dualstack" not in url


def test_one_attempt_is_made_where_the_shell_wants_more(amazon: Path) -> None:
    asked = []

    def answer(request: Request) -> Reply:
        asked.append(request.path)
        return Reply(503, b"<Error><Code>SlowDown</Code></Error>")

    with serving_web(answer) as port:
        given = {
            "endpoint": f"http://127.0.0.1:{port}",
            "bucket": "b",
            "region": "r",
            "access_key": "a",
            "secret_key": "b",
        }
        assert "slow down" in failure(S3Probe(), s3.SPEC, "list", given, {}, HERE).message
    assert len(asked) == 1


def test_a_site_is_asked_without_proxies_and_without_a_login_of_netrc(home: Path, authority: Authority) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Reply:
        asked.append(request)
        return Reply(200, b"ok")

    with serving_web(answer, serving(authority.issue("localhost"), "h2", "http/1.1")) as port:
        given = {"url": f"https://localhost:{port}", "ca_file": str(authority.file)}
        probed(HttpProbe(), http.SPEC, "get", given, {"path": "/"}, HERE)
    assert "authorization" not in asked[0].headers


def test_this_machines_authorities_are_trusted_whatever_the_shell_names(home: Path) -> None:
    if not any(Path(place).exists() for place in ssl.get_default_verify_paths()[3::2]):
        pytest.skip("OpenSSL has no authorities in its own place here")
    tls_trust.context()  # an unwritable SSLKEYLOGFILE is not a failure either
    assert not os.path.exists(home / "no-such-folder")


@pytest.mark.parametrize("hashed", [True, False])
def test_the_shell_is_asked_for_authorities_only_where_openssl_has_none_of_its_own(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch, hashed: bool
) -> None:
    built = ssl.get_default_verify_paths()
    (tmp_path / ("1234abcd.0" if hashed else "bundle.crt")).write_bytes(authority.file.read_bytes())
    here = built._replace(openssl_cafile=str(tmp_path / "cert.pem"), openssl_capath=str(tmp_path))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: here)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    assert len(tls_trust.context().get_ca_certs()) == (
        0 if hashed else 1
    )  # those of a folder are read when they are met


def test_whom_a_file_names_is_read_once_and_again_when_it_is_another(tmp_path: Path, authority: Authority) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(authority.file.read_bytes())
    first = tls_trust.context(str(file), of="http")
    assert tls_trust.context(str(file), of="http") is first
    assert tls_trust.context(str(file), of="redis") is not first, "what a library sets is for it alone"
    other = tmp_path / "other"
    other.mkdir()
    file.write_bytes(Authority(other).file.read_bytes())
    now = tls_trust.context(str(file), of="http")
    assert now.get_ca_certs() != first.get_ca_certs()
    file.unlink()
    with pytest.raises(NoData, match="cannot be read"):
        tls_trust.context(str(file), of="http")


@pytest.mark.needs("mariadbd")
@pytest.mark.parametrize("tls", ["off", "preferred"])
def test_a_database_is_asked_by_the_services_settings_alone(home: Path, mariadb: Mariadb, tls: str) -> None:
    reading = probed(MysqlProbe(), mysql.SPEC, "ping", mariadb.settings(tls=tls), {}, HERE)
    assert "MariaDB" in reading.document["version"]


def test_a_database_without_a_user_is_not_asked_as_the_operator(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        given = {"host": "127.0.0.1", "port": server.getsockname()[1], "user": ""}
        assert "no `user`" in failure(MysqlProbe(), mysql.SPEC, "ping", given, {}, HERE).message
