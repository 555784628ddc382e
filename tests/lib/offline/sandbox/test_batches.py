"""The sandbox's files and batches, against the shapes that OpenAI publishes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import requests

from lib.offline.sandbox import KEY, Sandbox
from lib.offline.sandbox.batches import SCENARIOS
from tests.support.embedding import golden

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADERS = {"Authorization": f"Bearer {KEY}"}
CHAT = "/v1/chat/completions"


def line(custom_id: str, **more: Any) -> str:
    body = {"model": "gpt-sandbox-2", "messages": [{"role": "user", "content": "Hello"}], **more.pop("body", {})}
    return json.dumps({"custom_id": custom_id, "method": "POST", "url": CHAT, "body": body, **more})


def call(sandbox: Sandbox, method: str, path: str, scenario: str = "", **more: Any) -> requests.Response:
    headers = {**HEADERS, **({"X-Sandbox-Scenario": scenario} if scenario else {})}
    return requests.request(method, f"{sandbox.base_url}/{path}", headers=headers, timeout=60, **more)


def upload(sandbox: Sandbox, content: str, name: str = "x.jsonl", purpose: str = "batch") -> requests.Response:
    return call(sandbox, "POST", "files", files={"file": (name, content)}, data={"purpose": purpose})


def create(sandbox: Sandbox, lines: Sequence[str]) -> dict[str, Any]:
    file = upload(sandbox, "\n".join(lines)).json()
    jsonschema.Draft202012Validator(golden("file.object.json")).validate(file)
    asked = {"input_file_id": file["id"], "endpoint": CHAT, "completion_window": "24h"}
    return dict(call(sandbox, "POST", "batches", json=asked).json())


@pytest.mark.parametrize("scenario", ["", *sorted(SCENARIOS)])
def test_a_batch_has_the_published_shape_however_it_ends(sandbox: Sandbox, scenario: str) -> None:
    made = create(sandbox, [line(f"a{number}") for number in range(4)])
    batch = call(sandbox, "GET", f"batches/{made['id']}", scenario).json()
    for document in (made, batch):
        jsonschema.Draft202012Validator(golden("batch.object.json")).validate(document)
    assert made["status"] == "validating"


@pytest.mark.parametrize("scenario", ["", "batch_expired", "batch_partly_failed"])
def test_its_files_have_a_line_for_each_request(sandbox: Sandbox, scenario: str) -> None:
    made = create(sandbox, [line(f"a{number}") for number in range(4)])
    batch = call(sandbox, "GET", f"batches/{made['id']}", scenario).json()
    ids = []
    for name in ("output_file_id", "error_file_id"):
        if batch[name]:
            for text in call(sandbox, "GET", f"files/{batch[name]}/content", scenario).text.splitlines():
                jsonschema.Draft202012Validator(golden("batch.result.json")).validate(json.loads(text))
                ids.append(json.loads(text)["custom_id"])
    assert sorted(ids) == ["a0", "a1", "a2", "a3"]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["{"], "invalid_json_line"),
        ([line("a"), line("a")], "duplicate_custom_id"),
        ([line("a", url="/v1/responses")], "url_mismatch"),
        ([line("a"), line("b", body={"model": "o9-sandbox"})], "model_mismatch"),
        ([""], "empty_file"),
    ],
)
def test_a_file_is_refused_after_its_batch_was_made(sandbox: Sandbox, lines: list[str], code: str) -> None:
    batch = call(sandbox, "GET", f"batches/{create(sandbox, lines)['id']}").json()
    assert (batch["status"], batch["errors"]["data"][0]["code"]) == ("failed", code)


def test_the_newest_batch_comes_first_and_the_list_has_pages(sandbox: Sandbox) -> None:
    ids = [create(sandbox, [line(str(number))])["id"] for number in range(3)]
    first = call(sandbox, "GET", "batches?limit=2").json()
    assert [one["id"] for one in first["data"]] == [ids[2], ids[1]]
    assert first["has_more"] is True
    second = call(sandbox, "GET", f"batches?limit=2&after={ids[1]}").json()
    assert second["data"][0]["id"] == ids[0]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "batches/batch_no", 404),
        ("GET", "files/file-no", 404),
        ("GET", "files/file-no/content", 404),
        ("PUT", "batches", 405),
        ("POST", "batches", 400),
    ],
)
def test_what_is_not_there_or_not_allowed_is_refused(sandbox: Sandbox, method: str, path: str, status: int) -> None:
    refused = call(sandbox, method, path, json={"input_file_id": "file-no"} if method == "POST" else None)
    assert refused.status_code == status
    assert refused.json()["error"]["message"]


@pytest.mark.parametrize(("name", "purpose"), [("x.txt", "batch"), ("x.jsonl", "fine-tune")])
def test_a_file_that_is_for_something_else_is_refused(sandbox: Sandbox, name: str, purpose: str) -> None:
    assert upload(sandbox, line("a"), name, purpose).status_code == 400


@pytest.mark.parametrize("body", [b"", b"no form", b"--x\r\n\r\n--x--", b"[]", b"5", b"{", b'{"a":' * 5000])
def test_nonsense_is_refused_and_breaks_nothing(sandbox: Sandbox, body: bytes) -> None:
    for path, kind in (
        ("files", "multipart/form-data; boundary=x"),
        ("files", "text/plain"),
        ("batches", "application/json"),
    ):
        refused = requests.post(
            f"{sandbox.base_url}/{path}", body, headers={**HEADERS, "Content-Type": kind}, timeout=60
        )
        assert refused.status_code == 400
    assert call(sandbox, "GET", "batches").status_code == 200


@pytest.mark.parametrize("path", ["batches/batch_1", "files/file-1", "responses/resp_1"])
def test_what_an_earlier_sandbox_kept_is_gone_and_it_says_why(sandbox: Sandbox, path: str) -> None:
    answer = call(sandbox, "GET", path)
    assert answer.status_code == 404
    assert "in memory only: they end with the command that started it" in answer.json()["error"]["message"]
