"""What we use of libraries beside their documented interfaces: a release that changes it fails here, and in words.

Each of these libraries is capped below its next major version in pyproject.toml.
"""

import ast
import inspect
import socket
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import docker
import paramiko
import pytest
import requests
from botocore.awsrequest import AWSConnection, AWSHTTPConnectionPool, AWSHTTPSConnectionPool, AWSResponse
from botocore.config import Config
from botocore.handlers import add_expect_header
from botocore.httpsession import URLLib3Session
from botocore.loaders import Loader
from docker.transport.unixconn import UnixHTTPAdapter, UnixHTTPConnection, UnixHTTPConnectionPool
from packaging.requirements import Requirement
from pymysql.connections import Connection as MysqlConnection
from redis.connection import AbstractConnection
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual._widget_navigation import Direction
from textual.app import App
from textual.command import CommandPalette
from textual.css.stylesheet import Stylesheet
from textual.screen import Screen
from textual.widget import Widget, _RenderCache
from textual.widgets import Input, OptionList, RadioSet
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from tests.house.test_packaging import PROJECT
from tests.support.source.source_trees import trees

CAPPED = ("paramiko", "docker", "boto3", "botocore", "pymysql", "redis", "requests", "textual", "urllib3")


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
        _preferred_pubkeys preferred_keys _active_check_timeout"""
    has("paramiko", paramiko.Transport, names, "tui/transports/ssh/wire.py, negotiation.py")
    own = "packetizer lock _channels channel_events channels_seen host_key sock"
    has("paramiko", transport, own, "tui/transports/ssh/wire.py")
    has("paramiko", transport.packetizer, "read_message REKEY_BYTES REKEY_PACKETS", "tui/transports/ssh/wire.py")
    has("paramiko", transport._channels, "put", "tui/transports/ssh/wire.py: open_of_kind")
    reader = """_Packetizer__aead_in _Packetizer__compress_engine_in _Packetizer__iv_in _Packetizer__block_engine_in
        _Packetizer__sequence_number_in"""
    has("paramiko", transport.packetizer, reader, "tui/transports/ssh/received/packets.py")
    has("paramiko", transport, "_expected_packet", "tui/transports/ssh/wire.py: _feed_of")
    takes("paramiko", paramiko.Transport._verify_key, "self host_key sig", "tui/transports/ssh/negotiation.py")  # type: ignore[attr-defined]  # private: the stubs leave it out
    parsed = inspect.getsource(paramiko.Transport._really_parse_kex_init)  # type: ignore[attr-defined]  # private: the stubs leave it out
    takes("paramiko", paramiko.Transport._really_parse_kex_init, "self m ignore_first_byte", "negotiation.py")  # type: ignore[attr-defined]  # private: the stubs leave it out
    takes("paramiko", paramiko.Transport._send_user_message, "self data", "tui/transports/ssh/wire.py")  # type: ignore[attr-defined]  # private: the stubs leave it out
    takes("paramiko", paramiko.Transport._next_channel, "self", "tui/transports/ssh/wire.py: open_of_kind")  # type: ignore[attr-defined]  # private: the stubs leave it out
    for key in ("kex_algo_list", "server_key_algo_list", "server_encrypt_algo_list", "server_mac_algo_list"):
        assert f'"{key}"' in parsed, f"paramiko {version('paramiko')}: no {key} in what it parses; see negotiation.py"


def test_paramikos_channel() -> None:
    names = "_handle_request _set_transport _set_window _check_add_window"
    has("paramiko", paramiko.Channel, names, "tui/transports/ssh/wire.py")
    takes("paramiko", paramiko.Channel._set_window, "self window_size max_packet_size", "wire.py: open_of_kind")  # type: ignore[attr-defined]  # private: the stubs leave it out
    takes("paramiko", paramiko.Channel._check_add_window, "self n", "wire.py: took")  # type: ignore[attr-defined]  # private: the stubs leave it out
    own = "in_buffer in_stderr_buffer status_event remote_chanid transport"
    has("paramiko", paramiko.Channel(0), own, "tui/transports/ssh/wire.py")
    fed = inspect.getsource(paramiko.Channel._feed) + inspect.getsource(paramiko.Channel._feed_extended)  # type: ignore[attr-defined]  # private: the stubs leave it out
    for call in ("self.in_buffer.feed(", "self.in_stderr_buffer.feed("):
        assert call in fed, f"paramiko {version('paramiko')}: output does not come by {call}); see _Feed in wire.py"


def test_how_paramiko_shows_a_key_or_its_certificate() -> None:
    sent = inspect.getsource(paramiko.auth_handler.AuthHandler._get_key_type_and_bits)  # type: ignore[attr-defined]  # private: the stubs leave it out
    for name in ("public_blob", "public_blob.key_type", "public_blob.key_blob", "key.get_name()"):
        assert name in sent, f"paramiko {version('paramiko')}: no {name}; see tui/transports/ssh/logging_in/held_key.py"
    takes("paramiko", paramiko.pkey.PublicBlob.__init__, "self type_ blob comment", "client_keys.py: _certificates")


def test_dockers_client() -> None:
    has("docker", docker.APIClient, "_result _url get_adapter", "tui/probes/docker/wire.py: _Client")
    made = inspect.getsource(docker.APIClient.__init__)
    for name in ("_general_configs", "credstore_env", "_custom_adapter", "_version", "base_url"):
        assert f"self.{name}" in made, (
            f"docker {version('docker')} sets no {name}; see _Client in tui/probes/docker/wire.py"
        )
    for kind in (UnixHTTPAdapter, UnixHTTPConnection, UnixHTTPConnectionPool):
        assert inspect.isclass(kind)
    where = "tui/probes/docker/wire.py"
    takes("docker", UnixHTTPConnection.__init__, "self base_url unix_socket timeout", where)
    takes("docker", UnixHTTPConnectionPool.__init__, "self base_url socket_path timeout", where)
    takes("docker", UnixHTTPAdapter.__init__, "self socket_url timeout", where)
    has("docker", UnixHTTPConnectionPool, "_new_conn", where)
    asked = inspect.getsource(UnixHTTPAdapter.get_connection_with_tls_context)
    assert ".get_connection(" in asked, f"docker {version('docker')}: get_connection is asked no more; see {where}"


def test_the_bodies_of_answers() -> None:
    has("requests", requests.Response(), "_content", "tui/probes/docker/wire.py: _Adapter")
    has("botocore", AWSResponse("", 200, {}, None), "_content", "tui/probes/s3/wire.py: S3Session")


def test_boto3s_session() -> None:
    session = URLLib3Session()
    has("botocore", session, "_manager send", "tui/probes/s3/wire.py")
    has("urllib3", session._manager, "pool_classes_by_scheme", "tui/probes/s3/wire.py")
    given = {"region_name": "eu-central-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    client = boto3.session.Session().client("s3", config=Config(signature_version="s3v4"), **given)
    has("boto3", client, "_endpoint", "tui/probes/s3/wire.py: closing")
    has("botocore", client._endpoint, "http_session", "tui/probes/s3/wire.py: closing")
    client.close()


def test_botos_settings_come_from_nowhere_else() -> None:
    where = "tui/probes/s3/wire.py: _library"
    kept = set(map(len, botocore.session.Session.SESSION_VARIABLES.values()))
    assert kept == {4}, f"botocore {version('botocore')}: a variable has {kept} parts, not 4; see {where}"
    session = botocore.session.Session(session_vars={})
    has("botocore", session.get_component("config_store"), "set_config_provider", where)
    has("botocore", Loader, "BUILTIN_DATA_PATH", where)
    assert inspect.isfunction(add_expect_header)


def test_botos_connections() -> None:
    where = "tui/probes/s3/wire.py: _plain_pool, _secure_pool"
    made = HTTPConnection("localhost")
    has("urllib3", made, "_new_conn _dns_host getresponse", where)
    has("urllib3", HTTPSConnectionPool, "_validate_conn", where)
    has("urllib3", HTTPConnectionPool, "ConnectionCls", where)
    has("botocore", AWSConnection, "request", where)
    for pool, below in ((AWSHTTPConnectionPool, HTTPConnectionPool), (AWSHTTPSConnectionPool, HTTPSConnectionPool)):
        assert issubclass(pool, below), f"botocore {version('botocore')}: {pool.__name__} is another pool; see {where}"


def test_pymysqls_connection() -> None:
    has("pymysql", MysqlConnection, "_create_ssl_ctx _process_auth _force_close", "tui/probes/mysql/probe.py")
    takes("pymysql", MysqlConnection._process_auth, "self plugin_name auth_packet", "tui/probes/mysql/probe.py")  # type: ignore[attr-defined]  # private: the stubs leave it out
    takes("pymysql", MysqlConnection.connect, "self sock", "tui/probes/mysql/probe.py")


def test_redis_connection() -> None:
    names = "_connect _host_error repr_pieces send_command read_response"
    has("redis", AbstractConnection, names, "tui/probes/redis/probe.py: _client")


def test_textuals_application_and_screens() -> None:
    names = """_background_screens _batch_count _close_messages_no_wait _display _end_batch _exception _exit_renderables
        _filters _fatal_error _notifications"""
    has("textual", App(), names, "tui/app.py, attention.py")
    takes("textual", App._display, "self screen renderable", "tui/attention.py")
    names = """_compositor _compositor_refresh _dirty_widgets _exchange_repaint_regions _repaint_required _forward_event
        _on_message _on_timer_update _layout_required _pruning _screen_resized"""
    screen: Any = Screen()
    has("textual", screen, names, "tui/widgets/page.py, tui/dialogs/base.py")
    has("textual", screen._compositor, "_dirty_regions size", "tui/widgets/page.py")
    takes("textual", screen._screen_resized, "size", "tui/widgets/page.py")
    takes("textual", Screen._on_timer_update, "self", "tui/attention.py: _end_batch")
    takes("textual", screen._compositor.render_update, "full screen_stack", "tui/widgets/page.py")
    takes("textual", screen._compositor._get_renders, "crop", "tui/widgets/spans.py: SparingCompositor")
    has("textual", Stylesheet(), "_parse_cache", "tui/widgets/looks/sheet.py")
    takes("textual", Stylesheet.reparse, "self", "tui/widgets/looks/sheet.py")
    takes("textual", ChopsUpdate.__init__, "self chops spans chop_ends", "tui/widgets/spans.py")
    takes("textual", LayoutUpdate.__init__, "self strips region", "tui/screens/small.py")
    where = "tests/support/screens/painting.py"
    takes("textual", screen._compositor.render_update, "full screen_stack simplify", where)
    takes("textual", screen._compositor.render_strips, "size", where)
    has("textual", screen, "_layout_required", where)
    has("textual", screen._compositor, "_dirty_regions root size visible_widgets", where)
    has("textual", App(), "push_screen pop_screen _shutdown _screen_stack", where)


def test_textuals_widgets() -> None:
    has("textual", OptionList(), "_move_page _index_to_line", "tui/widgets/fields/option_rows.py")
    takes("textual", OptionList._move_page, "self direction", "tui/widgets/fields/option_rows.py")
    assert Direction is not None
    has("textual", Input(), "_on_paste", "tui/dialogs/confirm.py: TypedInput")
    has("textual", RadioSet(), "_pressed_button", "tui/screens/setup/fields.py")
    where = "tui/widgets/words.py: Words"
    has("textual", Widget(), "_render_cache _dirty_regions", where)
    takes("textual", Widget._render_content, "self", where)
    takes("textual", _RenderCache, "size lines", where)
    has("textual", OptionList(), "_scroll_update", "tui/widgets/output/lines.py")
    sizes = "self size virtual_size container_size layout"
    takes("textual", Widget._size_updated, sizes, "tui/screens/run/panes.py: StepPane")
    takes("textual", OptionList._scroll_update, "self virtual_size", "tui/widgets/output/lines.py")
    has("textual", CommandPalette, "_action_command_list _action_escape", "tui/screens/palette/screen.py")
    list_takes = "self command_list commands clear_current"
    takes("textual", CommandPalette._refresh_command_list, list_takes, "tui/screens/palette/screen.py")


def foreign() -> dict[str, str]:
    """The private names that the program uses and does not define itself, each with a module that does."""
    own, used, found = set(), {}, {}
    for file, tree in trees("._", "_("):
        for node in ast.walk(tree):
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    if f"super().{name}(" in ast.unparse(node):
                        used[name] = file
                    else:
                        own.add(name)
                case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                    own.add(name)
                case ast.Attribute(attr=name):
                    used[name] = file
                case ast.Name(id=name, ctx=ast.Store()):
                    own.add(name)
                case ast.Subscript(value=ast.Call(func=ast.Name(id="vars")), slice=ast.Constant(value=str(name))):
                    found[name] = file
                case _:
                    pass
    found |= {name: file for name, file in used.items() if name not in own}
    public = ("_replace", "_exit", "_name", "_value")  # of named tuples, of os, of enums
    return {
        name: file
        for name, file in found.items()
        if name.startswith("_") and not name.startswith("__") and name not in public
    }


def test_every_private_name_has_its_contract_here() -> None:
    here, used = Path(__file__).read_text(), foreign()
    assert {"_channel_handler_table", "_pressed_button", "_content"} <= used.keys()
    assert {name: file for name, file in used.items() if name not in here.split("def foreign")[0]} == {}


@pytest.mark.parametrize("library", CAPPED)
def test_a_library_used_by_its_private_interface_is_capped(library: str) -> None:
    [wanted] = [one for text in PROJECT["project"]["dependencies"] if (one := Requirement(text)).name == library]
    major = int(version(library).partition(".")[0])
    above = next((one.version for one in wanted.specifier if one.operator == "<"), "")
    assert above, f"{library} has no upper bound in pyproject.toml"
    assert int(above.partition(".")[0]) in (major, major + 1)
