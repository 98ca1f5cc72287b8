"""runbook: a terminal assistant for the on-call engineer who deploys and rolls back production."""


def __getattr__(name: str) -> str:
    """Look the version up only when somebody asks for it: importing package metadata costs 20 ms."""
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("runbook-tui")
        except PackageNotFoundError:  # a checkout that was never installed, or installed under another name
            return "not installed"
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
