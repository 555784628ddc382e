"""Ask against the sandbox, with a store of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lib.offline.sandbox import KEY, Sandbox
from pysailor.message import Message

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

from tests.support.ask import asked


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path}/memory.sqlite"
    monkeypatch.setenv("CHATGPT_CONVERSATIONS", url)
    return url


@pytest.fixture
def ask(sandbox: Sandbox, store: str) -> Callable[..., Message]:
    """Ask a question and give the emitted message; each call is a worker of its own."""

    def asking(prompt: str = "Hello", *, message_id: str | None = None, body: Any = None, **cfg: Any) -> Message:
        settings = {"apiKey": KEY, "baseUrl": sandbox.base_url, "model": "gpt-sandbox-2", **cfg}
        return asked(settings, Message(body={"prompt": prompt, **(body or {})}, id=message_id))

    return asking
