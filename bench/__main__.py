"""Runs every measurement in an interpreter of its own: `make bench`, or one of them: `make bench ARGS=key_to_paint`."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def measurements() -> dict[str, str]:
    """The measurements there are, with their modules: the scripts in folders here, but for what they share."""
    scripts = sorted(path for path in HERE.glob("*/*.py") if path.parent.name != "support")
    return {path.stem: f"bench.{path.parent.name}.{path.stem}" for path in scripts}


def main(chosen: list[str]) -> int:
    known = measurements()
    unknown = [name for name in chosen if name not in known]
    if unknown:
        print(f"no measurement {', '.join(unknown)}; there are: {', '.join(known)}")
        return 2
    failed = []
    for name in chosen or known:
        print(f"\n== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", known[name]], cwd=HERE.parent, check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return len(failed) > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
