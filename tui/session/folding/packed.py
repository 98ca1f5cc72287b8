"""Packs a session's state into bytes and makes it again, so that a late follower need not fold every event."""

import zlib
from typing import Any

import msgspec
from msgspec.structs import asdict, fields, replace

from tui.runbook.model import Runbook
from tui.session.folding.fold import with_titles
from tui.session.places import as_begun, placed
from tui.session.state import SessionState

_WithoutRunbook = msgspec.defstruct(
    "_WithoutRunbook",
    [(field.name, field.type) for field in fields(SessionState) if field.name != "runbook"],
    frozen=True,
)
_decoder: "msgspec.msgpack.Decoder[Any]" = msgspec.msgpack.Decoder(_WithoutRunbook)
_encoder = msgspec.msgpack.Encoder(enc_hook=dict)  # a layered mapping is written as the mapping that it is


def packed(state: SessionState) -> bytes:
    """All of a state but its runbook, which is kept once."""
    known = {field.name: getattr(state, field.name) for field in fields(SessionState) if field.name != "runbook"}
    return zlib.compress(_encoder.encode(known), 1)


def unpacked(runbook: Runbook, data: bytes) -> SessionState:
    """The state that was packed, with the runbook that it was packed with, as that has its titles.

    Raises:
        ValueError: these bytes are not a packed state.
    """
    try:
        known = _decoder.decode(zlib.decompress(data))
    except (zlib.error, msgspec.DecodeError) as error:
        raise ValueError(f"not a packed state: {error}") from error
    return with_titles(SessionState(runbook=runbook, **asdict(known)))


def unpacked_of_file(written: Runbook, data: bytes) -> SessionState:
    """The same with the runbook of the session's folder: its hosts are put where the session has them.

    Raises:
        ValueError: these bytes are not a packed state.
    """
    state = unpacked(written, data)
    runbook = as_begun(written, state.started) if state.started else written
    return with_titles(replace(state, runbook=placed(runbook, state.moved) if state.moved else runbook))
