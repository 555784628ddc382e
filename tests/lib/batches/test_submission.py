"""One message becomes one batch, whoever works on it, and whatever dies meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lib.actions import batch_submit
from lib.errors.api_error import ApiError
from lib.offline.sandbox import KEY
from pysailor.context import Context
from pysailor.errors import Rebound
from pysailor.message import Message
from pysailor.store import open_store
from tests.support.batches import QUESTIONS, at, created

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lib.offline.sandbox import Sandbox
    from pysailor.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path}/store.sqlite") as opened:
        yield opened


def submit(sandbox: Sandbox, store: Store, scenario: str = "") -> dict[str, Any]:
    """Return what a worker that uses this store emits."""
    cfg = {"apiKey": KEY, "baseUrl": at(sandbox, scenario), "model": "gpt-sandbox-2", "timeout": 20, "maxRetries": 0}
    ctx = Context(message_id="m-1", open_store=lambda: store)
    body: dict[str, Any] = batch_submit.process(Message(body={"requests": QUESTIONS}), cfg, None, ctx).body
    return body


def test_what_a_message_became_is_known_to_every_worker(sandbox: Sandbox, store: Store) -> None:
    first = submit(sandbox, store)
    again = submit(sandbox, store)
    assert (again["batch_id"], again["replayed"]) == (first["batch_id"], True)
    assert len(created(sandbox)) == 1


def test_while_another_worker_submits_it_the_message_is_put_off(sandbox: Sandbox, store: Store) -> None:
    submit(sandbox, store)
    (key,) = [name for name, _ in store.scan("batch ")]
    store.put(key, b"", 60)
    with pytest.raises(Rebound, match="another worker"):
        submit(sandbox, store)
    assert len(created(sandbox)) == 1


def test_a_worker_that_died_before_it_could_tell_is_found_out_by_the_metadata(sandbox: Sandbox, store: Store) -> None:
    first = submit(sandbox, store)
    (key,) = [name for name, _ in store.scan("batch ")]
    store.delete(key)
    assert submit(sandbox, store)["batch_id"] == first["batch_id"]
    assert len(created(sandbox)) == 1


def test_a_try_that_failed_is_not_taken_for_one_under_way(sandbox: Sandbox, store: Store) -> None:
    with pytest.raises(ApiError):
        submit(sandbox, store, "server_error_always")
    assert submit(sandbox, store)["replayed"] is False


def test_a_batch_whose_file_was_refused_ran_nothing_and_is_made_again(sandbox: Sandbox, store: Store) -> None:
    first = submit(sandbox, store)
    again = submit(sandbox, store, "batch_failed")
    assert again["batch_id"] != first["batch_id"]
    assert again["replayed"] is False
