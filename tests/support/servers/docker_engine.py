"""Runs a real Docker engine for tests: Debian's, with files, socket and image of its own, and no network."""

import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

READY_TIMEOUT = 40.0
IMAGE = "box:1"
SBIN = "/usr/sbin:/sbin"


class DockerEngine:
    """One engine; its image has busybox and nothing else."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.socket = directory / "s"
        self._ready = threading.Event()
        self._log: list[str] = []
        self._process = subprocess.Popen(
            ["dockerd", "--data-root", str(directory / "data"), "--exec-root", str(directory / "exec")]
            + ["--pidfile", str(directory / "pid"), "--host", f"unix://{self.socket}", "--bridge=none"]
            + ["--iptables=false", "--ip6tables=false", "--storage-driver=vfs"],
            env={**os.environ, "PATH": f"{os.environ.get('PATH', '')}:{SBIN}"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        self._ready.wait(READY_TIMEOUT)

    @property
    def problem(self) -> str:
        """Why it does not run; empty when it does."""
        if self._process.poll() is None and self._ready.is_set():
            return ""
        return next((line for line in reversed(self._log) if "fail" in line), "it does not get ready")

    def prepare(self) -> None:
        """Import the image."""
        import docker

        self.client = docker.DockerClient(base_url=f"unix://{self.socket}", timeout=READY_TIMEOUT)
        self.client.api.import_image_from_data(_root(), repository="box", tag="1", changes=["ENV PATH=/bin"])

    def start(self, name: str, script: str, **more: Any) -> Any:
        """A container that runs a shell script."""
        return self.client.containers.run(
            IMAGE, ["/bin/busybox", "sh", "-c", script], name=name, network_mode="none", detach=True, **more
        )

    def settings(self, **changes: Any) -> dict[str, Any]:
        """What a service of a runbook would be told."""
        return {"socket": str(self.socket), **changes}

    def stop(self) -> None:
        """End its containers, then it, and remove what it kept."""
        if not self.problem and hasattr(self, "client"):
            for container in self.client.containers.list(all=True):
                container.remove(force=True)
            self.client.close()
        self._process.terminate()
        try:
            self._process.wait(READY_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _read(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            self._log.append(line)
            if "API listen on" in line:
                self._ready.set()
        self._ready.set()


def _root() -> bytes:
    """A file system with busybox and the libraries it wants, which a static one does not."""
    busybox = shutil.which("busybox", path=f"{os.environ.get('PATH', '')}:/bin")
    assert busybox
    linked = subprocess.run(["ldd", busybox], capture_output=True, text=True, check=False).stdout
    wanted = [word for line in linked.splitlines() for word in line.split() if word.startswith("/")]
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        archive.add(os.path.realpath(busybox), "bin/busybox")
        for library in wanted:
            archive.add(os.path.realpath(library), library.lstrip("/"))
        for name in ("sh", "sleep"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "/bin/busybox"
            archive.addfile(link)
    return held.getvalue()


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[DockerEngine]:
    """A real engine that the whole run shares; where none can be started the tests that want it are skipped."""
    if os.geteuid() != 0:
        pytest.skip("a Docker engine is started by root only")
    # The path of a UNIX socket may have 107 characters: pytest's own directories are too deep.
    engine = DockerEngine(Path(tempfile.mkdtemp(prefix="engine-")))
    try:
        if engine.problem:
            pytest.skip(f"a Docker engine cannot be started here: {engine.problem}")
        engine.prepare()
        yield engine
    finally:
        engine.stop()
