"""runbook: a terminal assistant for the on-call engineer who deploys and rolls back production."""

import sys

__version__ = "0.1.0"

# paramiko imports it for a line of ssh_config, and this program reads ssh_config itself: a third of paramiko's time.
sys.modules.setdefault("invoke", None)  # type: ignore[arg-type]  # None: an import of it fails, which paramiko allows
