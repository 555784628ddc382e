"""Moderate as a step, against the sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from lib.errors.api_error import ApiError
from lib.moderations import ContentFlagged
from lib.moderations.thresholds import CATEGORIES
from lib.offline.sandbox import KEY
from lib.offline.sandbox.moderations import moderate as sandbox_answer
from pysailor.context import Data
from pysailor.errors import InvalidConfig, InvalidInput, SailorError
from pysailor.testing.steps import run_step
from tests.support.embedding import ROOT, golden

if TYPE_CHECKING:
    from lib.offline.sandbox import Sandbox
    from pysailor.message import Message

PICTURE = json.loads(Path(ROOT / "samples/ask/picture.json").read_text(encoding="utf-8"))["msg"]["body"]["images"][0]


def moderate(sandbox: Sandbox, body: Any, scenario: str = "", attachments: Any = None, **cfg: Any) -> Message:
    address = sandbox.base_url_of(scenario) if scenario else sandbox.base_url
    settings = {"apiKey": KEY, "baseUrl": address, **cfg}
    (event,) = run_step(ROOT, "moderate", body, cfg=settings, attachments=attachments)
    assert isinstance(event, Data)
    return event.message


def test_the_sandbox_answers_as_the_api_publishes_with_its_13_categories() -> None:
    answer = sandbox_answer({"input": "a"})
    jsonschema.Draft202012Validator(golden("moderations.response.json")).validate(answer)
    assert set(answer["results"][0]["categories"]) == set(CATEGORIES)
    assert len(CATEGORIES) == 13


def test_a_harmless_text_is_not_flagged(sandbox: Sandbox) -> None:
    message = moderate(sandbox, {"text": "A recipe for pancakes"})
    assert (message.body["flagged"], message.body["flagged_categories"]) == (False, [])
    assert message.headers["x-flagged"] == "false"
    assert sandbox.requests[-1].body == {"model": "omni-moderation-latest", "input": "A recipe for pancakes"}


def test_a_harmful_text_is_flagged_with_its_categories(sandbox: Sandbox) -> None:
    message = moderate(sandbox, {"text": "I kill you, idiot"})
    assert set(message.body["flagged_categories"]) == {"violence", "harassment"}
    assert message.body["scores"]["violence"] > 0.9
    assert message.headers["x-flagged"] == "true"


def test_every_picture_has_a_request_the_first_with_the_text(sandbox: Sandbox) -> None:
    attachments = {"p.png": {"url": PICTURE}}
    body = moderate(sandbox, {"text": "blood", "images": [PICTURE, "attachment:p.png"]}, attachments=attachments).body
    sent = [request.body for request in sandbox.requests]
    for one in sent:
        jsonschema.Draft202012Validator(golden("moderations.request.json")).validate(one)
    assert [[part["type"] for part in one["input"]] for one in sent] == [["text", "image_url"], ["image_url"]]
    assert body["flagged"] is True
    assert body["applied_input_types"]["violence"] == ["image", "text"]


def test_a_threshold_of_the_step_decides(sandbox: Sandbox) -> None:
    assert moderate(sandbox, {"text": "kill"}, thresholds="violence 0.99").body["flagged"] is False
    assert moderate(sandbox, {"text": "pancakes"}, thresholds="hate 0.0001").body["flagged_categories"] == ["hate"]


def test_a_flagged_message_stops_the_flow_if_the_step_says_so(sandbox: Sandbox) -> None:
    with pytest.raises(ContentFlagged, match="violence") as stopped:
        moderate(sandbox, {"text": "pancakes"}, "moderation_flagged", onFlagged="stop")
    assert stopped.value.code == "content_flagged"
    assert stopped.value.to_json()["scores"]["violence"] > 0.9
    assert moderate(sandbox, {"text": "pancakes"}, onFlagged="stop").body["flagged"] is False


@pytest.mark.parametrize("scenario", ["moderation_broken", "empty", "invalid_json", "html_ok"])
def test_what_was_not_checked_never_passes(sandbox: Sandbox, scenario: str) -> None:
    with pytest.raises(ApiError):
        moderate(sandbox, {"text": "pancakes"}, scenario, maxRetries="0")


def test_a_busy_service_is_asked_again(sandbox: Sandbox) -> None:
    assert moderate(sandbox, {"text": "a"}, "rate_limit").body["tries"] == 2


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/text"),
        ({"text": ""}, "/text"),
        ({"images": []}, "/text"),
        ({"images": [""]}, "/images/0"),
        ({"text": "a", "images": [PICTURE, "attachment:none.png"]}, "/images/1"),
        ({"images": ["data:image/png;base64,AAAA", "ftp://x"]}, "/images/1"),
    ],
)
def test_what_cannot_be_checked_is_named_and_not_sent(sandbox: Sandbox, body: Any, pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        moderate(sandbox, body)
    assert refused.value.faults[0].pointer == pointer
    assert sandbox.requests == ()


def test_wrong_thresholds_are_refused(sandbox: Sandbox) -> None:
    with pytest.raises(InvalidConfig, match="did you mean violence"):
        moderate(sandbox, {"text": "a"}, thresholds="violense 0.4")


@pytest.mark.parametrize("body", [{"text": 5}, {"images": "x"}, {"images": [{"url": 7}]}, {"text": {}, "images": [[]]}])
def test_odd_bodies_end_in_a_message_or_a_named_error(sandbox: Sandbox, body: Any) -> None:
    try:
        ended: Any = moderate(sandbox, body)
    except SailorError as error:
        ended = error
    assert getattr(ended, "code", "") not in ("error", "defect")
