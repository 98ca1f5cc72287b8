"""Runs what an SSM endpoint of the tests hands to an instance: lines of JSON come in and go out, scripts run here."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

WORKERS = threading.BoundedSemaphore(5)  # as many at a time as the real agent runs by default
SAYING = threading.Lock()
RUNNING: dict[str, "subprocess.Popen[bytes]"] = {}


def say(**words: object) -> None:
    with SAYING:
        sys.stdout.write(json.dumps(words) + "\n")
        sys.stdout.flush()


def run(given: dict[str, str]) -> None:
    with WORKERS:
        say(id=given["id"], begun=True)
        with subprocess.Popen(
            ["sh", "-c", given["script"]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            RUNNING[given["id"]] = process
            out, err = process.communicate()
        say(id=given["id"], status=process.returncode, out=out.decode("latin-1"), err=err.decode("latin-1"))


def main() -> None:
    os.chdir(Path.home())
    for line in sys.stdin:
        given = json.loads(line)
        if "cancel" in given:
            if process := RUNNING.get(given["cancel"]):
                os.killpg(process.pid, signal.SIGKILL)
            continue
        threading.Thread(target=run, args=(given,), daemon=True).start()


if __name__ == "__main__":
    main()
