from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from jsonschema_rs import Draft202012Validator

from lib.offline.sandbox import KEY, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Ask = Callable[..., requests.Response]

GOLDEN = Path(__file__).parents[3] / "golden" / "chat-completions"
BODY = {"model": "gpt-sandbox-2", "messages": [{"role": "user", "content": "Say hello"}]}


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(slow_seconds=0.2, models=("my-tuned-model",)) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {KEY}"
        yield session


@pytest.fixture(scope="session")
def ask(sandbox: Sandbox, session: requests.Session) -> Ask:
    """POST a chat request: fields added to the simplest one, or any body at all."""

    def post(scenario: str | None = None, body: Any = None, **fields: Any) -> requests.Response:
        base = sandbox.base_url_of(scenario) if scenario else sandbox.base_url
        body = {**BODY, **fields} if body is None else body
        return session.post(f"{base}/chat/completions", json=body, timeout=60, stream=bool(fields.get("stream")))

    return post


@pytest.fixture(scope="session")
def golden() -> Callable[[str], Draft202012Validator]:
    """Find one of the API's own schemas by name: response, chunk.forward, error, models."""
    return lambda name: Draft202012Validator(json.loads((GOLDEN / f"{name}.json").read_text()))
