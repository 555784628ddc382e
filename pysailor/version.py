"""Which version of the runtime this is."""

from __future__ import annotations

from functools import cache


@cache
def installed_version() -> str:
    """Return the version of the package that brought the command `pysailor`, "unknown" if it is not installed."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - 15 ms, for those who ask

    for command in entry_points(group="console_scripts", name="pysailor"):
        if command.dist is not None:
            return command.dist.version
    return "unknown"
