"""Batch: Submit: what the service says of a batch as soon as it is made."""

from __future__ import annotations

from typing import Any

import pytest

from lib.batches.errors import BatchError
from tests.support.batches import run
from tests.support.fake_api import FakeApi

OPENAI = "https://api.openai.com/v1"
ONE = {"messages": [{"role": "user", "content": "Hello"}]}


def made_as(status: str, **more: Any) -> dict[str, Any]:
    return {"id": "batch_1", "object": "batch", "status": status, "endpoint": "/v1/chat/completions", **more}


@pytest.mark.parametrize("status", ["failed", "expired", "cancelled"])
def test_a_batch_that_ends_as_soon_as_it_is_made_is_named_with_the_service_s_reasons(status: str) -> None:
    errors = {"object": "list", "data": [{"code": "model_mismatch", "message": "Two models.", "line": 2}]}
    with FakeApi() as api:
        api.answer("GET", f"{OPENAI}/batches", json={"data": []})
        api.post(f"{OPENAI}/files", json={"id": "file-1"})
        made = api.post(f"{OPENAI}/batches", json=made_as(status, errors=errors))
        with pytest.raises(BatchError, match=r"line 2: Two models\.") as caught:
            run("batchSubmit", {"requests": [ONE]}, OPENAI, "m", model="gpt-4.1")
    assert (caught.value.code, caught.value.ids["batch"]) == (f"batch_{status}", "batch_1")
    assert len(made.received) == 1


@pytest.mark.parametrize("errors", [None, {}, {"object": "list", "data": []}, []])
def test_a_batch_that_tells_of_no_error_in_its_errors_is_made(errors: Any) -> None:
    with FakeApi() as api:
        api.answer("GET", f"{OPENAI}/batches", json={"data": []})
        api.post(f"{OPENAI}/files", json={"id": "file-1"})
        api.post(f"{OPENAI}/batches", json=made_as("validating", errors=errors))
        (made,) = run("batchSubmit", {"requests": [ONE]}, OPENAI, "m", model="gpt-4.1")
    assert made.body["batch_id"] == "batch_1"
