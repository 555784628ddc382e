"""RabbitMQ's programs: where they are, and whether they may be installed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

INSTALL = Path(__file__).parents[2] / "tools" / "install-rabbitmq"


def _find() -> Path | None:
    found = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    return found[-1].parent if found else None


def may_install(environ: Mapping[str, str], *, root: bool, contained: bool) -> bool:
    """Return whether a server may be installed unasked.

    It may in CI, where PYSAILOR_TEST_INSTALL=1 says so, and for root in a container, which is nobody's own, unless
    PYSAILOR_TEST_INSTALL=0 says no. Anybody else is told the command.
    """
    said = environ.get("PYSAILOR_TEST_INSTALL")
    return environ.get("CI") == "true" or said == "1" or (root and contained and said != "0")


def find_or_install() -> Path:
    """Return the folder of the programs; skip, or fail in CI, when there are none."""
    sbin = _find()
    contained = any(Path(mark).exists() for mark in ("/.dockerenv", "/run/.containerenv"))
    reason = ""
    if sbin is None and may_install(os.environ, root=os.getuid() == 0, contained=contained):
        done = subprocess.run(
            [str(INSTALL)], env={**os.environ, "CI": "true"}, capture_output=True, text=True, check=False
        )
        sbin = _find()
        reason = f"{INSTALL.name} failed: {done.stderr.strip()[-500:]}; "
    if sbin is None and os.environ.get("CI") == "true":
        pytest.fail(f"no RabbitMQ: {reason}")
    if sbin is None:
        command = INSTALL.relative_to(INSTALL.parent.parent)
        pytest.skip(f"no RabbitMQ: {reason}run {command}, or make test with PYSAILOR_TEST_INSTALL=1, or set AMQP_URI")
    return sbin
