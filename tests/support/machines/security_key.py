"""An SSH agent with one security key in it (FIDO, Ed25519), made of software: a real sshd verifies what it signs."""

import hashlib
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tui.signing.sshsig import packed

KIND = b"sk-ssh-ed25519@openssh.com"
APPLICATION = b"ssh:"
TOUCHED = 1


class SecurityKeyAgent:
    """Listens on a socket until it is closed; each signature takes a touch, which `touch` gives or refuses."""

    def __init__(self, path: Path, touch: Callable[[], bool] = lambda: True) -> None:
        self.path = path
        self.touches = 0
        self._touch = touch
        self._key = Ed25519PrivateKey.generate()
        self.blob = packed(KIND, self._key.public_key().public_bytes_raw(), APPLICATION)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                link, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=(link,), daemon=True).start()

    def _answer(self, link: socket.socket) -> None:
        with link, link.makefile("rwb") as file:
            while size := file.read(4):
                asked = file.read(int.from_bytes(size, "big"))
                if asked[:1] == b"\x0b":
                    answer = b"\x0c" + (1).to_bytes(4, "big") + packed(self.blob, b"a security key")
                elif asked[:1] == b"\x0d" and self._touch():
                    answer = b"\x0e" + packed(self._signed(asked[1:]))
                else:
                    answer = b"\x05"
                file.write(packed(answer))
                file.flush()

    def _signed(self, asked: bytes) -> bytes:
        self.touches += 1
        key = int.from_bytes(asked[:4], "big")
        size = int.from_bytes(asked[4 + key : 8 + key], "big")
        data = asked[8 + key : 8 + key + size]
        tail = bytes([TOUCHED]) + self.touches.to_bytes(4, "big")
        message = hashlib.sha256(APPLICATION).digest() + tail + hashlib.sha256(data).digest()
        return packed(KIND, self._key.sign(message)) + tail
