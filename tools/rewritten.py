"""Rewrites the asserts of the tests on all processors, as pytest keeps them: it rewrites them on one.

So it is with the characters that Hypothesis chooses from: two seconds in each process of a fresh clone.
The interfaces are private: where one changes, nothing is kept, and pytest does it as before.
"""

import ast
import gc
import os
import sys
from pathlib import Path

from _pytest.assertion import AssertionState, rewrite
from _pytest.assertion.rewrite import PYC_TAIL, _read_pyc, _rewrite_test, _write_pyc, get_cache_dir, try_makedirs
from _pytest.config import Config, _prepareconfig


def keep(config: Config, path: Path) -> None:
    """Rewrite one file, unless it is kept as it is now."""
    state = AssertionState(config, "rewrite")
    folder = get_cache_dir(path)
    kept = folder / (path.stem + PYC_TAIL)
    if _read_pyc(path, kept, state.trace) is None and try_makedirs(folder):
        source, code = _rewrite_test(path, config)
        _write_pyc(state, code, source, kept)


def know_characters() -> None:
    """Have Hypothesis find out what UTF-8 can write, and keep it."""
    from hypothesis.internal.charmap import intervals_from_codec

    intervals_from_codec("utf-8")


def main(folder: Path) -> None:
    """Rewrite every file of tests below a folder, on all processors."""
    files = [path.resolve() for name in ("test_*.py", "conftest.py") for path in sorted(folder.rglob(name))]
    config, several = _prepareconfig([]), os.cpu_count() or 1
    gc.disable()  # trees have no garbage that is worth a look
    vars(rewrite)["traverse_node"] = ast.walk  # the same nodes, in another order and a third of the time
    if os.fork() == 0:
        know_characters()
        os._exit(0)
    for place in range(several):
        if os.fork() == 0:
            for path in files[place::several]:
                keep(config, path)
            os._exit(0)
    for _ in range(several + 1):
        os.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
