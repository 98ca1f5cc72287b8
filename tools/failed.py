"""Name the tests that failed in the last run, if they are few: more than that is not chance."""

import json
import sys
from pathlib import Path

FEW = 3
"""Up to this number may fail beside others and be tried again alone."""
LAST_FAILED = Path(".pytest_cache/v/cache/lastfailed")
"""Where pytest's cache keeps them."""


def main() -> int:
    """Print one a line; 1 if there are none, or more than a few."""
    failed = json.loads(LAST_FAILED.read_text(encoding="utf-8")) if LAST_FAILED.exists() else {}
    if not 0 < len(failed) <= FEW:
        return 1
    print("\n".join(sorted(failed)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
