"""The sandbox's files and batches as OpenAI's own library uses them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Literal

import openai
import pytest

from lib.batches.upload import write_line
from lib.offline.sandbox import KEY

if TYPE_CHECKING:
    from lib.offline.sandbox import Sandbox

CHAT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
BODY = {"model": "gpt-sandbox-2", "messages": [{"role": "user", "content": "Hello"}]}


def test_it_uploads_submits_lists_reads_and_cancels(sandbox: Sandbox) -> None:
    content = b"".join(write_line(f"r{number}", CHAT, BODY) for number in range(3))
    with openai.OpenAI(api_key=KEY, base_url=sandbox.base_url, max_retries=0) as client:
        file = client.files.create(file=("in.jsonl", io.BytesIO(content)), purpose="batch")
        batch: Any = client.batches.create(input_file_id=file.id, endpoint=CHAT, completion_window="24h")
        assert (file.bytes, batch.status) == (len(content), "validating")
        batch = client.batches.retrieve(batch.id)
        assert (batch.status, batch.request_counts.completed) == ("completed", 3)
        assert len(client.files.content(batch.output_file_id).text.splitlines()) == 3
        assert next(one.id for one in client.batches.list(limit=1)) == batch.id
        assert client.batches.cancel(batch.id).status in ("cancelling", "cancelled")
        assert client.files.delete(file.id).deleted is True
        with pytest.raises(openai.NotFoundError):
            client.batches.retrieve("batch_no")
