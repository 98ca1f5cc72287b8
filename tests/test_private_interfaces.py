"""What we use of libraries beside their documented interfaces: a release that changes it fails here, and in words.

Each of these libraries is capped below its next major version in pyproject.toml.
"""

import inspect
import socket
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import boto3
import docker
import paramiko
import pytest
from botocore.config import Config
from botocore.httpsession import URLLib3Session
from docker.transport.unixconn import UnixHTTPAdapter, UnixHTTPConnection, UnixHTTPConnectionPool
from packaging.requirements import Requirement
from pymysql.connections import Connection as MysqlConnection
from redis.connection import AbstractConnection

from tests.test_packaging import PROJECT

CAPPED = ("paramiko", "docker", "boto3", "botocore", "pymysql", "redis", "urllib3")


def has(library: str, place: object, names: str, where: str) -> None:
    missing = [name for name in names.split() if not hasattr(place, name)]
    what = getattr(place, "__name__", type(place).__name__)
    assert not missing, f"{library} {version(library)}: {what} has no {', '.join(missing)} any more; see {where}"


def takes(library: str, function: Any, names: str, where: str) -> None:
    known = list(inspect.signature(function).parameters)
    wanted = names.split()
    told = f"{library} {version(library)}: {function.__qualname__} takes {known}, not {wanted}; see {where}"
    assert known[: len(wanted)] == wanted, told


@pytest.fixture
def transport() -> Iterator[Any]:
    near, far = socket.socketpair()
    made = paramiko.Transport(near)
    yield made
    made.close()
    far.close()


def test_paramikos_connection(transport: Any) -> None:
    names = """_send_user_message _parse_channel_open_failure _parse_channel_open_success _next_channel
        _channel_handler_table _parse_disconnect _really_parse_kex_init _verify_key _preferred_ciphers
        _preferred_pubkeys preferred_keys"""
    has("paramiko", paramiko.Transport, names, "tui/transports/ssh/wire.py, negotiation.py")
    own = "packetizer lock _channels channel_events channels_seen host_key sock"
    has("paramiko", transport, own, "tui/transports/ssh/wire.py")
    has("paramiko", transport.packetizer, "read_message REKEY_BYTES REKEY_PACKETS", "tui/transports/ssh/wire.py")
    has("paramiko", transport._channels, "put", "tui/transports/ssh/wire.py: open_beyond")
    takes("paramiko", paramiko.Transport._verify_key, "self host_key sig", "tui/transports/ssh/negotiation.py")  # type: ignore[attr-defined]  # private: the stubs leave it out
    parsed = inspect.getsource(paramiko.Transport._really_parse_kex_init)  # type: ignore[attr-defined]  # private: the stubs leave it out
    for key in ("kex_algo_list", "server_key_algo_list", "server_encrypt_algo_list", "server_mac_algo_list"):
        assert f'"{key}"' in parsed, f"paramiko {version('paramiko')}: no {key} in what it parses; see negotiation.py"


def test_paramikos_channel() -> None:
    names = "_handle_request _set_transport _set_window _check_add_window"
    has("paramiko", paramiko.Channel, names, "tui/transports/ssh/wire.py")
    own = "in_buffer in_stderr_buffer status_event remote_chanid transport"
    has("paramiko", paramiko.Channel(0), own, "tui/transports/ssh/wire.py")
    fed = inspect.getsource(paramiko.Channel._feed) + inspect.getsource(paramiko.Channel._feed_extended)  # type: ignore[attr-defined]  # private: the stubs leave it out
    for call in ("self.in_buffer.feed(", "self.in_stderr_buffer.feed("):
        assert call in fed, f"paramiko {version('paramiko')}: output does not come by {call}); see _Feed in wire.py"


def test_paramikos_agent() -> None:
    agent = paramiko.agent.AgentSSH()
    has("paramiko", agent, "_conn _keys _close", "tui/transports/ssh/login.py: _agent")
    takes("paramiko", paramiko.agent.AgentKey.__init__, "self agent blob comment", "tui/transports/ssh/login.py")


def test_dockers_client() -> None:
    has("docker", docker.APIClient, "_result _url get_adapter", "tui/probes/docker/wire.py: _Client")
    made = inspect.getsource(docker.APIClient.__init__)
    for name in ("_general_configs", "credstore_env", "_custom_adapter", "_version", "base_url"):
        assert f"self.{name}" in made, f"docker {version('docker')} sets no {name}; see _Client in docker_wire.py"
    for kind in (UnixHTTPAdapter, UnixHTTPConnection, UnixHTTPConnectionPool):
        assert inspect.isclass(kind)
    takes("docker", UnixHTTPConnection.__init__, "self base_url unix_socket timeout", "tui/probes/docker/wire.py")


def test_boto3s_session() -> None:
    session = URLLib3Session()
    has("botocore", session, "_manager send", "tui/probes/s3/wire.py")
    has("urllib3", session._manager, "pool_classes_by_scheme", "tui/probes/s3/wire.py")
    given = {"region_name": "eu-central-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    client = boto3.session.Session().client("s3", config=Config(signature_version="s3v4"), **given)
    has("boto3", client, "_endpoint", "tui/probes/s3/wire.py: closing")
    has("botocore", client._endpoint, "http_session", "tui/probes/s3/wire.py: closing")
    client.close()


def test_pymysqls_connection() -> None:
    has("pymysql", MysqlConnection, "_create_ssl_ctx _process_auth _force_close", "tui/probes/mysql/probe.py")
    takes("pymysql", MysqlConnection._process_auth, "self plugin_name auth_packet", "tui/probes/mysql/probe.py")  # type: ignore[attr-defined]  # private: the stubs leave it out
    takes("pymysql", MysqlConnection.connect, "self sock", "tui/probes/mysql/probe.py")


def test_redis_connection() -> None:
    names = "_connect _host_error repr_pieces send_command read_response"
    has("redis", AbstractConnection, names, "tui/probes/redis/probe.py: _client")


@pytest.mark.parametrize("library", CAPPED)
def test_a_library_used_by_its_private_interface_is_capped(library: str) -> None:
    [wanted] = [one for text in PROJECT["project"]["dependencies"] if (one := Requirement(text)).name == library]
    major = int(version(library).partition(".")[0])
    above = next((one.version for one in wanted.specifier if one.operator == "<"), "")
    assert above, f"{library} has no upper bound in pyproject.toml"
    assert int(above.partition(".")[0]) in (major, major + 1)
