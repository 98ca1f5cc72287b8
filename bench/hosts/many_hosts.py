"""`true` on 40 open connections beside asyncssh and Ansible, and connecting to all beside `ssh` in parallel.

Targets: at most 1.5 of asyncssh, 0.1 of Ansible (forks 50, pipelining, connections kept open), 1.0 of `ssh`.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bench.support.fleet import Fleet, fleet
from tui.transports.base import CancelToken, Command
from tui.transports.ssh.transport import SSHTransport

COUNT = int(os.environ.get("BENCH_HOSTS", "40"))
RUNS, SLOW_RUNS = 15, 5
COMMAND = Command(script="true")


def main() -> None:
    with fleet(COUNT) as there, ThreadPoolExecutor(COUNT) as pool:
        connecting(there, pool)
        running(there, pool)


def connecting(there: Fleet, pool: ThreadPoolExecutor) -> None:
    """Connect to all at once: ours with the first command that says what the host is, `ssh` with `true`."""

    def ours() -> None:
        made = there.transports()
        list(pool.map(SSHTransport.connect, made))
        taken.append(made)

    def parallel_ssh() -> None:
        line = ["ssh", "-F", str(there.config), "-o", "BatchMode=yes"]
        every = [subprocess.Popen([*line, name, "true"], stdin=subprocess.DEVNULL) for name in there.names]
        assert {one.wait() for one in every} == {0}

    taken: list[list[SSHTransport]] = []
    times: dict[str, list[float]] = {"ours": [], "ssh": []}
    for _ in range(SLOW_RUNS):
        times["ours"].append(seconds(ours))
        for one in taken.pop():
            one.close()
        times["ssh"].append(seconds(parallel_ssh))
    told("connecting to all", times, {"ssh": 1.0})


def running(there: Fleet, pool: ThreadPoolExecutor) -> None:
    """`true` on all at once, over connections that are open."""
    made = there.transports()
    list(pool.map(SSHTransport.connect, made))

    def one(host: SSHTransport) -> None:
        outcome = host.run(COMMAND, lambda stream, data: None, CancelToken())
        assert outcome.exit_status == 0, outcome

    environment, line = ansible(there)
    program = [sys.executable, "-m", "bench.support.by_asyncssh", str(there.config), *there.names]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as beside:
        assert beside.stdin
        assert beside.stdout
        beside.stdout.readline()
        times: dict[str, list[float]] = {"ours": [], "asyncssh": [], "Ansible": []}
        run_ansible(line, environment)  # its connections are open from here on
        for number in range(RUNS):
            times["ours"].append(seconds(lambda: list(pool.map(one, made))))
            beside.stdin.write("\n")
            beside.stdin.flush()
            times["asyncssh"].append(float(beside.stdout.readline()))
            if number < SLOW_RUNS:
                times["Ansible"].append(seconds(lambda: run_ansible(line, environment)))
        beside.stdin.close()
    told("true on all", times, {"asyncssh": 1.5, "Ansible": 0.1})
    for host in made:
        host.close()


def ansible(there: Fleet) -> tuple[dict[str, str], list[str]]:
    """Its settings and its command line: forks 50, pipelining, connections that stay open."""
    program = shutil.which("ansible", path=os.path.dirname(sys.executable))
    assert program, "ansible-core is not in this environment: make bench installs it"
    inventory = there.folder / "inventory"
    inventory.write_text("[all]\n" + "".join(f"{name}\n" for name in there.names))
    short = there.folder / "cp"
    short.mkdir(exist_ok=True)
    environment = {
        "ANSIBLE_PIPELINING": "1",
        "ANSIBLE_SSH_ARGS": f"-F {there.config} -o ControlMaster=auto -o ControlPersist=120s",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(short),
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_HOME": str(there.folder / "ansible"),
        "ANSIBLE_LOCALHOST_WARNING": "0",
    }
    return environment, [program, "all", "-i", str(inventory), "-f", "50", "-m", "command", "-a", "true", "-o"]


def run_ansible(line: list[str], environment: dict[str, str]) -> None:
    ran = subprocess.run(line, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def told(what: str, times: dict[str, list[float]], targets: dict[str, float]) -> None:
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, median in medians.items():
        print(f"{what}, {COUNT} hosts, {name:9} median {median * 1000:8.1f} ms   worst {max(times[name]) * 1000:8.1f}")
    for name, most in targets.items():
        print(f"{what}, ours / {name:9} {medians['ours'] / medians[name]:6.2f}   (target at most {most})")


def seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
