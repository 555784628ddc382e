"""The parts of a worker, made from settings."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from pysailor.errors import InvalidSettings
from pysailor.log import Redaction
from pysailor.platform.settings import WorkerSettings
from pysailor.store import open_store
from pysailor.wire.codec import Routes
from pysailor.worker import assembly
from pysailor.worker.assembly import identity

if TYPE_CHECKING:
    from pathlib import Path


def test_the_parts_are_made_of_the_settings(environ: dict[str, str]) -> None:
    environ |= {
        "ELASTICIO_PROTOCOL_VERSION": "2",
        "ELASTICIO_INPUT_FORMAT": "error",
        "ELASTICIO_NO_ERROR_REPLIES": "true",
        "ELASTICIO_REBOUND_LIMIT": "3",
        "ELASTICIO_DATA_RATE_LIMIT": "7",
        "ELASTICIO_ERROR_RATE_LIMIT": "0",
    }
    settings = WorkerSettings.from_environment(environ)
    codec = assembly.codec(settings)
    assert (codec.protocol, codec.error_input, codec.error_replies, codec.backoff.limit) == (2, True, False, 3)
    assert codec.routes == Routes(
        "DATA_ROUTING_KEY", "ERROR_ROUTING_KEY", "REBOUND_ROUTING_KEY", "SNAPSHOT_ROUTING_KEY"
    )
    assert identity(settings.step, {})["taskId"] == "FLOW_ID"
    assert set(assembly.throttle(settings).rates) == {"data"}


def test_of_keys_that_are_renewed_the_last_two_generations_are_masked_in_the_log() -> None:
    redaction = Redaction(["for-ever"])
    for number in range(50):
        redaction.hide([f"token-{number:02}"], instead_of="keys")
    assert redaction.mask("for-ever token-47 token-48 token-49") == "*** token-47 *** ***"


def test_a_store_that_is_away_at_the_start_is_said_and_one_of_another_program_ends_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with open_store("sqlite:////nowhere/a.sqlite") as away:
        assembly.try_store(away, "wait")
    assert "the journal cannot be read (wait): The store in /nowhere/a.sqlite" in caplog.text
    with closing(sqlite3.connect(tmp_path / "b.sqlite")) as connection:
        connection.execute("CREATE TABLE users (name)")
    with open_store(f"sqlite:///{tmp_path / 'b.sqlite'}") as foreign, pytest.raises(InvalidSettings):
        assembly.try_store(foreign, "wait")
