"""The schema that the sandbox checks requests with is the published one, byte for byte."""

from __future__ import annotations

from pathlib import Path

from lib.offline import sandbox

GOLDEN = Path(__file__).parents[3] / "golden" / "chat-completions" / "request.forward.json"


def test_the_sandbox_checks_requests_with_the_published_schema() -> None:
    assert Path(sandbox.__file__).with_name("request.json").read_bytes() == GOLDEN.read_bytes()
