"""Connects to every host of an ssh_config by asyncssh, and runs `true` on all at once for each line it is given."""

import asyncio
import sys
import time

import asyncssh


async def main(config: str, names: list[str]) -> None:
    began = time.perf_counter()
    hosts = await asyncio.gather(*(asyncssh.connect(name, config=[config]) for name in names))
    print(time.perf_counter() - began, flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        began = time.perf_counter()
        ended = await asyncio.gather(*(host.run("true") for host in hosts))
        took = time.perf_counter() - began
        assert {one.exit_status for one in ended} == {0}
        print(took, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
