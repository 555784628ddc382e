"""The Responses API as somebody else's server speaks it: aimock, over HTTP."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lib.errors.api_error import ApiError
from tests.support.send_request import emitted

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
PROGRAM = HERE / ".cache" / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
WHERE = re.compile(r"listening on (http://\S+)")
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}]


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    """Start it; where it is not and cannot be installed, skip, but fail in CI."""
    node = shutil.which("node")
    if node and shutil.which("npm") and not PROGRAM.exists():
        subprocess.run([HERE / "install"], check=False, capture_output=True)
    if not node or not PROGRAM.exists():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("aimock could not be installed")
    arguments = [str(node), str(PROGRAM), "--port", "0", "--fixtures", str(HERE / "aimock.json")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield f"{_address(process)}/v1"
        finally:
            process.terminate()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if found := WHERE.search(line):
            return found[1]
    raise AssertionError("it ended before it listened")


def ask(mock: str, *messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    cfg = {"baseUrl": mock, "api": "responses", "model": "gpt-5.5", "maxRetries": 0}
    body: dict[str, Any] = emitted({"messages": list(messages), **more}, **cfg)[-1].body
    return body


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


@pytest.mark.parametrize("stream", [False, True])
def test_text_reasoning_and_a_round_with_a_tool(mock: str, stream: bool) -> None:
    assert ask(mock, user("hello"), stream=stream)["choices"][0]["message"]["content"] == "Hi there!"
    thought = ask(mock, user("think"), stream=stream)["choices"][0]["message"]
    assert (thought["content"], thought["reasoning_content"]) == ("42", "Six times seven.")
    called = ask(mock, user("weather"), tools=TOOLS, stream=stream)
    assert called["result"]["outcome"] == "tool_calls"
    said = called["choices"][0]["message"]
    result = {"role": "tool", "tool_call_id": said["tool_calls"][0]["id"], "content": "warm"}
    answer = ask(mock, user("weather"), said, result, tools=TOOLS, stream=stream)
    assert answer["choices"][0]["message"]["content"] == "It is warm in Oslo."


@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_has_its_name(mock: str, stream: bool) -> None:
    with pytest.raises(ApiError) as raised:
        ask(mock, user("limit"), stream=stream)
    assert raised.value.code == "rate_limit"
