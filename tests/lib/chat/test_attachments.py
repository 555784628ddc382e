"""Pictures and files that come with a question, over a real socket."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from lib.chat.server.shared import ChatLimits
from pysailor import InvalidConfig
from tests.support.chat_client import event, events, settings, socket
from tests.support.played import routes

if TYPE_CHECKING:
    from tests.support.played import Played, Serve

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
PDF = b"%PDF-1.7\n" + bytes(40)
ON = settings("model: a-model, attachments: true")


def sent(name: str, content: bytes, kind: str = "application/octet-stream") -> dict[str, str]:
    return {"name": name, "type": kind, "data": base64.b64encode(content).decode()}


def ask(ws: Any, text: str, *attachments: dict[str, str]) -> list[dict[str, Any]]:
    ws.send(json.dumps({"type": "ask", "text": text, "attachments": list(attachments)}))
    told = [event(ws)]
    while told[-1]["type"] != "done" and not (told[-1]["type"] == "error" and told[-1]["turn"] is None):
        told.append(event(ws))
    return told


def refusal(ws: Any, *attachments: dict[str, str]) -> tuple[str, str]:
    told = ask(ws, "Look", *attachments)[-1]
    return told["code"], told["message"]


def test_pictures_and_pdfs_go_along_as_parts_known_by_their_content(serve: Serve, played: Played) -> None:
    with socket(serve(ON), "?format=json") as ws:
        allowed = event(ws)["limits"]["attachments"]
        ask(ws, "Look", sent("../a.png", PNG, "text/plain"), sent("b.pdf", PDF))
    assert allowed["types"] == ["image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"]
    text, picture, file = played.asked[-1]["messages"][-1]["content"]
    assert text == {"type": "text", "text": "Look"}
    assert picture["image_url"]["url"] == f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert file["file"] == {
        "filename": "b.pdf",
        "file_data": f"data:application/pdf;base64,{base64.b64encode(PDF).decode()}",
    }


def test_a_picture_needs_no_words(serve: Serve, played: Played) -> None:
    with socket(serve(ON), "?format=json") as ws:
        event(ws)
        assert ask(ws, "", sent("a.png", PNG))[-1]["kept"]
    assert [part["type"] for part in played.asked[-1]["messages"][-1]["content"]] == ["image_url"]


def test_nothing_goes_along_where_the_settings_do_not_allow_it(serve: Serve, played: Played) -> None:
    with socket(serve(), "?format=json") as ws:
        assert event(ws)["limits"]["attachments"] is None
        assert refusal(ws, sent("a.png", PNG))[0] == "attachments_off"
    assert not played.asked


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        ("a.png", b"<!doctype html><script>", "a web page"),
        ("a.pdf", b"PK\x03\x04", "a ZIP or Office file"),
        ("a.png", b"", "empty"),
    ],
)
def test_other_kinds_are_refused_by_their_content(serve: Serve, name: str, content: bytes, told: str) -> None:
    with socket(serve(ON), "?format=json") as ws:
        event(ws)
        code, sentence = refusal(ws, sent(name, content))
        assert code == "attachment_wrong_kind"
        assert told in sentence
        assert "PNG, JPEG, GIF, WEBP" in sentence


def test_only_the_kinds_that_the_settings_name_are_taken(serve: Serve) -> None:
    with socket(serve(settings("model: m, attachments: {images: false}")), "?format=json") as ws:
        assert event(ws)["limits"]["attachments"]["types"] == ["application/pdf"]
        assert refusal(ws, sent("a.png", PNG))[0] == "attachment_wrong_kind"
        assert ask(ws, "Read", sent("a.pdf", PDF))[-1]["kept"]


def test_number_and_size_are_bounded_and_the_socket_lives_on(serve: Serve) -> None:
    server = serve(settings("model: m, attachments: {most: 2, most_bytes: 100}"))
    with socket(server, "?format=json") as ws:
        event(ws)
        assert refusal(ws, *[sent("a.png", PNG)] * 3)[0] == "too_many_attachments"
        assert refusal(ws, sent("a.png", PNG + bytes(60)))[0] == "attachment_too_large"
        assert refusal(ws, {"name": "a", "data": "not base64!"})[0] == "not_understood"
        ws.send('{"type": "ask", "text": "Look", "attachments": [{"name": 1}]}')
        assert event(ws)["code"] == "not_understood"
        assert ask(ws, "Look", *[sent("a.png", PNG)] * 2)[-1]["kept"]


def test_a_message_is_no_longer_than_without_attachments(serve: Serve) -> None:
    server = serve(ON, limits=ChatLimits(message_bytes=200))
    with socket(server, "?format=json") as ws:
        event(ws)
        ws.send(json.dumps({"type": "ask", "text": "x" * 300}))
        assert event(ws)["code"] == "too_long"
        ws.send(json.dumps({"type": "ask", "text": "x" * 300, "attachments": [sent("a.png", PNG)]}))
        assert event(ws)["code"] == "too_long"


def test_a_large_picture_comes_through_and_a_mark_stands_for_it_later(serve: Serve, played: Played) -> None:
    with socket(serve(ON), "?format=json") as ws:
        conversation = event(ws)["conversation"]
        ask(ws, "Look", sent("a.png", PNG + bytes(3 << 20)))
        assert len(played.asked[-1]["messages"][-1]["content"][1]["image_url"]["url"]) > 4 << 20
        ask(ws, "And now?")
        mark = played.asked[-1]["messages"][0]["content"][1]
        assert mark == {"type": "text", "text": "[a.png, image/png, 3 MiB: was sent along here and is not kept]"}
        ask(ws, "Look", sent("a.png", PNG + bytes(2 << 20)))
    with socket(serve(ON), f"?format=json&conversation={conversation}") as ws:
        shown = event(ws)["messages"]
        assert shown[0]["attachments"][0]["name"] == "a.png"
        assert shown[0]["content"] == "Look"
        ws.send('{"type": "retry"}')
        assert event(ws)["code"] == "attachment_not_kept"
        ws.send(json.dumps({"type": "retry", "attachments": [sent("b.png", PNG)]}))
        assert events(ws)[-1]["kept"]


def test_a_small_picture_goes_along_with_later_questions_and_when_asked_again(serve: Serve, played: Played) -> None:
    with socket(serve(ON), "?format=json") as ws:
        conversation = event(ws)["conversation"]
        ask(ws, "Look", sent("a.png", PNG))
    with socket(serve(ON), f"?format=json&conversation={conversation}") as ws:
        assert event(ws)["messages"][0]["attachments"] == [
            {"name": "a.png", "type": "image/png", "size": len(PNG), "kept": True}
        ]
        ws.send('{"type": "retry", "text": "Look closer"}')
        assert events(ws)[-1]["kept"]
        first = played.asked[-1]["messages"]
        assert [part["type"] for part in first[-1]["content"]] == ["text", "image_url"]
        ask(ws, "Again")
        assert len(played.asked[-1]["messages"]) == 3
        assert played.asked[-1]["messages"][0]["content"][1]["type"] == "image_url"


def test_the_setting_is_checked_at_the_start() -> None:
    with pytest.raises(InvalidConfig, match=r"attachments.*most_bytes"):
        routes(settings("model: m, attachments: {most_bytes: 10000000000}"))
    with pytest.raises(InvalidConfig, match="attachments"):
        routes(settings("model: m, attachments: {pictures: true}"))
    with pytest.raises(InvalidConfig, match="attachments"):
        routes(settings("model: m, attachments: everything"))
