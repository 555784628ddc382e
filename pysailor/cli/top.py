"""`pysailor top`: what a worker does, as its metrics tell it."""

from __future__ import annotations

import argparse
import math
import os
import shutil
import sys
import time
from bisect import bisect_right
from itertools import accumulate
from typing import Any
from unicodedata import east_asian_width

from pysailor.errors import SailorError

from .extras import require
from .usage import BadUsage

_CLEAR = "\x1b[H\x1b[J"
_HIGHEST_PORT = 65_535
_NOTE = """\
example, beside a worker that was started with PYSAILOR_METRICS_PORT=9464:
  pysailor top 9464

ADDRESS is a port, host:port or the address of /metrics; without one, PYSAILOR_METRICS_PORT says where. At a terminal
the table is drawn anew; elsewhere each look is a line. Rates are those since the look before.
"""


class NothingListens(SailorError):
    """No worker tells its metrics at this address."""

    code = "nothing_listens"


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "top",
        help="show what a running worker does, live",
        description="Show what a running worker does, as its metrics tell it, until Ctrl-C.",
        epilog=_NOTE,
    )
    parser.add_argument("address", metavar="ADDRESS", nargs="?", help="port, host:port or address of the metrics")
    parser.add_argument("--every", metavar="SECONDS", type=_seconds, default=2.0, help="time between two looks")
    parser.add_argument("--once", action="store_true", help="look once")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Show; return the exit code."""
    require("metrics", "prometheus_client")
    from pysailor.monitoring.reading import Look, read_metrics  # noqa: PLC0415 - needs an extra, and few commands do
    from pysailor.monitoring.table import draw_line, draw_table  # noqa: PLC0415 - the same

    url = _address(args.address)
    is_terminal = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    before: Look | None = None
    try:
        while True:
            try:
                look = read_metrics(url)
            except OSError as error:
                raise NothingListens(
                    f"nothing tells metrics at {url} ({_reason(error)}). "
                    "A worker does if PYSAILOR_METRICS_PORT is set; the log says on which port."
                ) from None
            except ValueError:
                raise NothingListens(f"what answers at {url} is not a worker's metrics.") from None
            shown = draw_table(look, before) if is_terminal else draw_line(look, before)
            is_drawn = is_terminal and not args.once
            lines = [_clean(line) for line in shown.splitlines()]
            print((_CLEAR if is_drawn else "") + "\n".join(_fit(lines) if is_drawn else lines), flush=True)
            if args.once:
                return 0
            before = look
            time.sleep(args.every)
    except KeyboardInterrupt:
        return 0


def _clean(line: str) -> str:
    """Return a line as this terminal shows it: names come from messages, and from whatever answers."""
    shown = "".join(sign if sign.isprintable() else "?" for sign in line)
    encoding = sys.stdout.encoding or "utf-8"
    return shown.encode(encoding, "replace").decode(encoding)


def _fit(lines: list[str]) -> list[str]:
    """Return as much as the terminal shows without scrolling, and how much is left out."""
    width, height = shutil.get_terminal_size()
    most = max(1, height - 1)
    if len(lines) > most:
        kept = most - 1
        lines = [*lines[:kept], f"… {len(lines) - kept} more lines: pysailor top --once shows them"]
    return [_cut(line, max(1, width - 1)) for line in lines]


def _cut(line: str, most: int) -> str:
    """Return what of a line takes so many columns; Chinese signs and their like take two."""
    columns = list(accumulate(2 if east_asian_width(sign) in "WF" else 1 for sign in line))
    return line[: bisect_right(columns, most)]


def _address(given: str | None) -> str:
    """Return the address of the metrics; raise BadUsage if there is none."""
    text = given or os.environ.get("PYSAILOR_METRICS_PORT", "")
    if not text:
        raise BadUsage("ADDRESS is missing, and PYSAILOR_METRICS_PORT is not set: name the port of a worker's metrics")
    if text.startswith(("http://", "https://")):
        return text if text.rstrip("/").endswith("/metrics") else text.rstrip("/") + "/metrics"
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not 0 < int(port[:6]) <= _HIGHEST_PORT:
        raise BadUsage(f"{text!r} is neither a port nor host:port")
    return f"http://{host or '127.0.0.1'}:{port}/metrics"


def _reason(error: OSError) -> str:
    """Return in words why nothing was read."""
    reason = getattr(error, "reason", error)
    return str(getattr(reason, "strerror", None) or reason)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{text}" is not a number of seconds') from None
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError("must be more than 0 seconds")
    return value
