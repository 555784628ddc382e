"""A real server and real sockets; only the API is played."""

from __future__ import annotations

import json
import threading
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from lib.api.connection import Connection
from lib.chat.backend import ApiTalk
from lib.chat.config.hooks import Hooks
from lib.chat.conversation import Service
from lib.chat.server.access import Guard
from lib.chat.server.listener import Listener
from lib.chat.server.shared import Allowances
from lib.completions.answer.outcome import Outcome
from lib.errors.api_error import ApiError
from tests.support.played import Gate, Played, Serve, Show, answer, routes
from tests.support.silent import Silent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lib.api.cancel import Cancel
    from lib.chat.backend import Answer
    from lib.conversation import Store

HOOKS = Path(__file__).parents[3] / "samples" / "chat" / "hooks.py"
WAIT = 10


def settings(kwargs: str) -> str:
    return f"url: {{chat: {{pattern: /chat, handler: ChatGPTHandler, kwargs: {{key: sk-of-the-operator, {kwargs}}}}}}}"


@contextmanager
def socket(server: Listener, query: str = "", **options: Any) -> Iterator[ClientConnection]:
    with connect(server.url(f"/chat{query}", "ws"), **options) as opened:
        yield opened


def turn(ws: ClientConnection, question: str | None = None) -> list[str]:
    """Ask in the text protocol and give the frames before the empty one."""
    if question is not None:
        ws.send(question)
    frames: list[str] = []
    while frame := ws.recv(WAIT):
        frames.append(str(frame))
    return frames


def event(ws: ClientConnection) -> dict[str, Any]:
    return dict(json.loads(ws.recv(WAIT)))


def events(ws: ClientConnection, until: str = "done") -> list[dict[str, Any]]:
    told = [event(ws)]
    while told[-1]["type"] != until:
        told.append(event(ws))
    return told


def closed(ws: ClientConnection) -> int | None:
    try:
        while True:
            ws.recv(WAIT)
    except ConnectionClosed as error:
        return error.rcvd.code if error.rcvd else None


# --- the text protocol -----------------------------------------------------------------------------------------------


def test_one_frame_in_is_a_turn_and_the_answer_is_one_frame(serve: Serve) -> None:
    with socket(serve()) as ws:
        assert turn(ws, "Hi") == ["Hello"]


def test_with_stream_in_the_address_the_answer_comes_in_pieces(serve: Serve, played: Played) -> None:
    with socket(serve(), "?stream") as ws:
        assert "".join(turn(ws, "Hi")) == "Hello"
    assert played.asked[0]["stream_options"] == {"include_usage": True}


def test_the_whole_conversation_goes_along(serve: Serve, played: Played) -> None:
    with socket(serve()) as ws:
        for question in ("one", "two", "three"):
            turn(ws, question)
    assert played.said() == ["one", "Hello", "two", "Hello", "three"]


@pytest.mark.parametrize(
    ("max_history", "sent"),
    [(0, ["Rules", "three"]), (1, ["Rules", "Hello", "three"]), (3, ["Rules", "Hello", "two", "Hello", "three"])],
)
def test_the_last_messages_go_along_and_the_system_text_always(
    serve: Serve, played: Played, max_history: int, sent: list[str]
) -> None:
    with socket(serve(settings(f"max_history: {max_history}, system: Rules"))) as ws:
        for question in ("one", "two", "three"):
            turn(ws, question)
    assert played.said() == sent


def test_a_failed_turn_leaves_nothing_behind(serve: Serve, played: Played) -> None:
    def play(body: Mapping[str, Any], show: Show, cancel: Cancel) -> Answer | None:
        assert not cancel.is_set()
        if body["messages"][-1]["content"] == "fail":
            show("half an answer")
            raise ApiError("server_error", "with sk-of-the-operator inside", status=500)
        return None

    played.play = play
    with socket(serve()) as ws:
        turn(ws, "one")
        told = turn(ws, "fail")
        turn(ws, "two")
    assert told[-1].startswith("[ERROR] The service failed on its side.")
    assert "sk-of-the-operator" not in told[-1]
    assert played.said() == ["one", "Hello", "two"]


@pytest.mark.parametrize(
    ("outcome", "is_kept", "words"),
    [
        (Outcome.TRUNCATED, True, "cut off"),
        (Outcome.REFUSED, True, "refuses"),
        (Outcome.FILTERED, False, "filter"),
        (Outcome.TOOL_CALLS, False, "look_up"),
        (Outcome.EMPTY, False, "empty"),
    ],
)
def test_an_answer_that_is_none_is_told(
    serve: Serve, played: Played, outcome: Outcome, is_kept: bool, words: str
) -> None:
    text = "" if outcome in (Outcome.TOOL_CALLS, Outcome.EMPTY) else "Some"
    played.play = lambda body, show, cancel: answer(text, outcome) if len(body["messages"]) == 1 else None  # noqa: ARG005
    with socket(serve()) as ws:
        *said, remark = turn(ws, "one")
        turn(ws, "two")
    assert said == ([text] if text else [])
    assert remark.startswith("[ERROR] ")
    assert words in remark
    assert len(played.asked[1]["messages"]) == (3 if is_kept else 1)


def test_two_questions_at_once_are_answered_in_their_order(serve: Serve, played: Played) -> None:
    gate = Gate()
    played.play = lambda body, show, cancel: gate(body, show, cancel) if len(body["messages"]) == 1 else None
    with socket(serve(), "?stream") as ws:
        ws.send("one")
        ws.send("two")
        assert gate.begun.wait(WAIT)
        gate.opened.set()
        assert "".join(turn(ws)) == "first second"
        assert "".join(turn(ws)) == "Hello"
    assert played.said() == ["one", "first second", "two"]


def test_an_empty_question_is_refused_without_a_turn(serve: Serve, played: Played) -> None:
    with socket(serve()) as ws:
        assert turn(ws, " ")[0].startswith("[ERROR] An empty message")
        assert turn(ws, "Hi") == ["Hello"]
    assert len(played.asked) == 1


def test_values_are_computed_once_from_the_address(serve: Serve, played: Played) -> None:
    text = settings("temperature: {function: \"handler.get_arg('t', '1')\"}, model: m").replace(
        "key: sk-of-the-operator", "key: {function: handler.get_arg('key')}"
    )
    with socket(serve(text), "?key=sk-visitor&t=0.5") as ws:
        turn(ws, "Hi")
    assert played.asked[0]["temperature"] == 0.5
    assert played.connections[0].api_key == "sk-visitor"


@pytest.mark.parametrize(
    ("query", "words"),
    [("", 'lacks the argument "key"'), ("?key=", "no API key"), ("?key=a&t=9", "allowed: a number from 0 to 2")],
)
def test_an_address_that_gives_no_settings_is_told_and_closed(serve: Serve, query: str, words: str) -> None:
    text = settings("temperature: {function: \"handler.get_arg('t', '1')\"}").replace(
        "key: sk-of-the-operator", "key: {function: handler.get_arg('key')}"
    )
    with socket(serve(text), query) as ws:
        assert words in turn(ws)[0]
        assert closed(ws) == 1008


@pytest.mark.parametrize(
    "key",
    [
        "{'alice': 'sk-of-alice', 'bob': 'sk-of-bob'}[handler.get_arg('who')]",
        "{'alice': ['sk-of-alice'], 'bob': 'sk-of-bob'}.get(handler.get_arg('who'), ['sk-of-alice'])",
        "{'alice': 'sk-of-alice'} or handler.get_arg('who')",
        "'sk-of-alice \\u00e9' or handler.get_arg('who')",
    ],
)
def test_keys_that_stand_in_an_expression_are_told_to_nobody(
    serve: Serve, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    text = settings("").replace("key: sk-of-the-operator, ", f'key: {{function: "{key}"}}, model: m')
    with socket(serve(text), "?who=mallory") as ws:
        told = turn(ws)[0]
        assert closed(ws) == 1008
    assert told.startswith("[ERROR] ")
    assert "sk-of" not in told + caplog.text
    assert "alice" not in told + caplog.text


def test_a_value_that_cannot_be_computed_is_told_in_short_and_logged_with_its_source(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    with socket(serve(settings("user: {function: \"{'a': 'b'}[handler.get_arg('who')]\"}")), "?who=c") as ws:
        assert turn(ws) == ["[ERROR] user: this address gives no value for it."]
    assert "{'a': 'b'}[handler.get_arg('who')]" in caplog.text


def test_the_operators_key_never_goes_to_a_server_that_a_visitor_names(serve: Serve, played: Played) -> None:
    expressions = "key: {function: \"handler.get_arg('key', None)\"}, url: {function: \"handler.get_arg('url', None)\"}"
    text = settings("").replace("key: sk-of-the-operator, ", f"{expressions}, model: m")
    server = serve(text, service=Service(Connection("http://127.0.0.1:9/v1", "sk-of-the-environment")))
    with socket(server, "?url=http://evil.example/v1") as ws:
        assert "no API key for it" in turn(ws)[0]
        assert closed(ws) == 1008
    for query in ("", "?url=http://mine.example/v1&key=sk-mine"):
        with socket(server, query) as ws:
            turn(ws, "Hi")
    asked = [(connection.base_url, connection.api_key) for connection in played.connections]
    assert asked == [("http://127.0.0.1:9/v1", "sk-of-the-environment"), ("http://mine.example/v1", "sk-mine")]


def test_hooks_change_what_goes_in_and_what_is_kept_in_streams_too(serve: Serve, played: Played) -> None:
    text = settings("stream: true, max_history: 3, open: begin, prepare: without_card_numbers(message), modify: signed")
    with socket(serve(text, Hooks.load(HOOKS)), "?language=Latin") as ws:
        assert "".join(turn(ws, "My card is 4111111111111111")) == "Hello"
        turn(ws, "two")
    assert played.said(0) == [
        "Answer in Latin.", "What is your name?", "I am the help desk.", "My card is [number]"
    ]  # fmt: skip
    assert played.said(1) == [
        "Answer in Latin.", "I am the help desk.", "My card is [number]", "Hello\n\nThe help desk", "two"
    ]  # fmt: skip


def test_a_hook_that_fails_ends_the_turn_and_tells_no_secrets(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def f(message, handler):\n    raise ValueError('secret')\n", "utf-8")
    with socket(serve(settings("prepare: f"), Hooks.load(tmp_path / "mine.py"))) as ws:
        told = turn(ws, "Hi")[0]
    assert told.startswith('[ERROR] The server\'s function "f" failed')
    assert "secret" not in told


def test_a_mistake_of_ours_ends_the_turn_and_not_the_socket(serve: Serve, played: Played) -> None:
    def play(body: Mapping[str, Any], show: Show, cancel: Cancel) -> Answer | None:
        assert body["messages"]
        assert callable(show)
        assert not cancel.is_set()
        if len(played.asked) == 1:
            raise KeyError("secret")
        return None

    played.play = play
    with socket(serve()) as ws:
        assert turn(ws, "one") == ["[ERROR] The server made a mistake; its operator finds it in the log."]
        assert turn(ws, "two") == ["Hello"]


# --- the JSON protocol -----------------------------------------------------------------------------------------------


def test_json_tells_everything_about_a_turn(serve: Serve) -> None:
    with socket(serve(), "?format=json") as ws:
        opened = event(ws)
        ws.send(json.dumps({"type": "ask", "text": "Hi"}))
        told = events(ws)
    assert opened["type"] == "open"
    assert (opened["model"], opened["source"], opened["messages"]) == ("a-model", "api", [])
    assert "".join(each["text"] for each in told if each["type"] == "delta") == "Hello"
    kinds = [each["type"] for each in told if each["type"] != "delta"]
    assert kinds == ["start", "usage", "cost", "outcome", "done"]
    assert told[-1] == {"type": "done", "turn": 1, "text": "Hello", "kept": True}


def test_a_subprotocol_chooses_json_too(serve: Serve) -> None:
    with socket(serve(), subprotocols=["json"]) as ws:
        assert ws.subprotocol == "json"
        assert event(ws)["type"] == "open"


def test_stop_ends_the_answer_and_leaves_nothing_behind(serve: Serve, played: Played) -> None:
    played.play = gate = Gate()
    with socket(serve(), "?format=json") as ws:
        event(ws)
        ws.send('{"type": "ask", "text": "one"}')
        ws.send('{"type": "ask", "text": "never asked"}')
        assert gate.begun.wait(WAIT)
        ws.send('{"type": "stop"}')
        told = events(ws)
        assert (told[-2]["outcome"], told[-1]["kept"]) == ("stopped", False)
        assert gate.cancelled.wait(WAIT)
        assert [(each["type"], each["turn"]) for each in events(ws)] == [("start", 2), ("outcome", 2), ("done", 2)]
        played.play = None
        ws.send('{"type": "ask", "text": "two"}')
        events(ws)
    assert played.said() == ["two"]


def test_a_stopped_call_that_does_not_end_holds_nobody_up(serve: Serve, played: Played) -> None:
    begun, end = threading.Event(), threading.Event()

    def play(body: Mapping[str, Any], show: Show, cancel: Cancel) -> Answer:
        assert body["messages"]
        assert callable(show)
        assert not cancel.is_set()
        begun.set()
        end.wait(WAIT)
        return answer("too late")

    played.play = play
    with socket(serve(), "?format=json") as ws:
        event(ws)
        ws.send('{"type": "ask", "text": "one"}')
        assert begun.wait(WAIT)
        ws.send('{"type": "stop"}')
        assert events(ws)[-2]["outcome"] == "stopped"
        end.set()
        played.play = None
        ws.send('{"type": "ask", "text": "two"}')
        events(ws)
    assert played.said() == ["two"]


def test_stop_ends_a_call_that_the_service_has_not_begun_to_answer(store: Store) -> None:
    silent, talk = Silent(), ApiTalk()
    with silent.listening() as address, closing(talk):
        service = Service(Connection(address, ""))
        with Listener(routes(), service, talk, store) as server, socket(server, "?format=json") as ws:
            event(ws)
            ws.send('{"type": "ask", "text": "one"}')
            assert silent.asked.wait(WAIT)
            ws.send('{"type": "stop"}')
            assert events(ws)[-2]["outcome"] == "stopped"
            assert silent.gone.wait(WAIT), "the call goes on"


def test_retry_asks_again_in_place_of_the_answer(serve: Serve, played: Played) -> None:
    with socket(serve(settings("max_history: 4")), "?format=json") as ws:
        event(ws)
        for message in (
            {"type": "ask", "text": "one"},
            {"type": "retry"},
            {"type": "retry"},
            {"type": "ask", "text": "2"},
        ):
            ws.send(json.dumps(message))
            events(ws)
    assert [played.said(number) for number in range(4)] == [["one"], ["one"], ["one"], ["one", "Hello", "2"]]


def test_a_retry_after_one_that_failed_still_replaces_the_answer(serve: Serve, played: Played) -> None:
    def play(body: Mapping[str, Any], show: Show, cancel: Cancel) -> Answer | None:
        assert body["messages"]
        assert callable(show)
        assert not cancel.is_set()
        if len(played.asked) == 2:
            raise ApiError("overloaded", status=503)
        return None

    played.play = play
    server = serve()
    with socket(server, "?format=json") as ws:
        name = event(ws)["conversation"]
        for message in ({"type": "ask", "text": "one"}, {"type": "retry"}, {"type": "retry"}):
            ws.send(json.dumps(message))
            events(ws)
    assert played.said() == ["one"]
    with socket(server, f"?format=json&conversation={name}") as ws:
        assert [message["content"] for message in event(ws)["messages"]] == ["one", "Hello"]


def test_in_text_a_refusal_waits_until_the_answers_before_it_are_told(serve: Serve, played: Played) -> None:
    gate = Gate()
    played.play = lambda body, show, cancel: gate(body, show, cancel) if len(body["messages"]) == 1 else None
    with socket(serve(allowances=Allowances(messages_a_minute=2)), "?stream") as ws:
        ws.send("one")
        assert gate.begun.wait(WAIT)
        for text in ("two", "three"):
            ws.send(text)
        gate.opened.set()
        assert "".join(turn(ws)) == "first second"
        assert "".join(turn(ws)) == "Hello"
        assert turn(ws)[0].startswith("[ERROR] That are too many messages")


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", "not_understood"),
        ('{"type": "retry"}', "nothing_to_retry"),
        (b"bytes", "not_text"),
        ("x" * 200, "too_long"),
    ],
)
def test_what_leads_to_no_turn_is_told_by_a_code(serve: Serve, frame: str | bytes, code: str) -> None:
    with socket(serve(allowances=Allowances(message_bytes=100)), "?format=json") as ws:
        event(ws)
        ws.send(frame)
        assert (event(ws) | {"message": ""})["code"] == code


# --- a conversation that goes on -------------------------------------------------------------------------------------


def test_a_conversation_survives_its_socket(serve: Serve, played: Played) -> None:
    server = serve()
    with socket(server, "?format=json") as ws:
        name = event(ws)["conversation"]
        ws.send('{"type": "ask", "text": "one"}')
        events(ws)
    with socket(server, f"?format=json&conversation={name}") as ws:
        opened = event(ws)
        ws.send('{"type": "retry"}')
        events(ws)
        ws.send('{"type": "ask", "text": "two"}')
        events(ws)
    assert [message["content"] for message in opened["messages"]] == ["one", "Hello"]
    assert played.said(1) == ["one"]
    assert played.said(2) == ["one", "Hello", "two"]


def test_another_credential_finds_nothing_under_the_same_id(serve: Serve, played: Played) -> None:
    server = serve(settings("model: m").replace("key: sk-of-the-operator", "key: {function: handler.get_arg('key')}"))
    name = "a-name-that-is-long-enough"
    for key in ("sk-a", "sk-b", "sk-a"):
        with socket(server, f"?key={key}&conversation={name}") as ws:
            turn(ws, key)
    assert played.said(1) == ["sk-b"]
    assert played.said(2) == ["sk-a", "Hello", "sk-a"]


def test_an_id_that_could_be_guessed_is_refused(serve: Serve) -> None:
    with socket(serve(), "?conversation=1") as ws:
        assert "16 to 255" in turn(ws)[0]
        assert closed(ws) == 1008


def test_two_sockets_of_one_conversation_take_turns(serve: Serve, played: Played) -> None:
    gate = Gate()
    played.play = lambda body, show, cancel: gate(body, show, cancel) if len(body["messages"]) == 1 else None
    server = serve()
    name = "?conversation=shared-by-two-sockets"
    with socket(server, name) as first, socket(server, name) as second:
        first.send("one")
        assert gate.begun.wait(WAIT)
        second.send("two")
        gate.opened.set()
        assert turn(first) == ["first second"]
        assert turn(second) == ["Hello"]
    assert played.said() == ["one", "first second", "two"]


def test_who_waits_for_a_conversation_holds_nobody_else_up(serve: Serve, played: Played) -> None:
    gate = Gate()
    played.play = lambda body, show, cancel: gate(body, show, cancel) if "slow" in str(body["messages"]) else None
    server = serve(allowances=Allowances(turns_at_once=2))
    with socket(server, "?conversation=shared-by-four-sockets") as first:
        first.send("slow")
        assert gate.begun.wait(WAIT)
        for _ in range(3):
            with socket(server, "?format=json&conversation=shared-by-four-sockets") as other:
                other.send('{"type": "ask", "text": "slow"}')
                assert events(other, "start")
        with socket(server) as ws:
            assert turn(ws, "quick") == ["Hello"]
        gate.opened.set()
        assert turn(first) == ["first second"]


def test_a_question_that_waits_for_its_conversation_can_be_stopped_and_gives_up_in_the_end(
    serve: Serve, played: Played
) -> None:
    played.play = gate = Gate()
    server = serve(allowances=Allowances(wait_for_turn=0.2))
    name = "?format=json&conversation=shared-by-two-sockets"
    with socket(server, name) as first, socket(server, name) as second:
        first.send('{"type": "ask", "text": "one"}')
        assert gate.begun.wait(WAIT)
        event(second)
        second.send('{"type": "ask", "text": "two"}')
        assert events(second)[-2]["code"] == "conversation_busy"
        second.send('{"type": "ask", "text": "three"}')
        event(second)
        second.send('{"type": "stop"}')
        assert events(second)[-2]["outcome"] == "stopped"
        gate.opened.set()
        assert events(first)[-1]["text"] == "first second"


def test_a_conversation_is_open_in_so_many_sockets_only(serve: Serve) -> None:
    server = serve(allowances=Allowances(connections_of_a_conversation=1))
    name = "?format=json&conversation=open-in-one-socket-only"
    with socket(server, name) as ws:
        event(ws)
        with socket(server, name) as other:
            assert event(other)["code"] == "full"
            assert closed(other) == 1013
    with socket(server, name) as ws:
        assert event(ws)["type"] == "open"


# --- who may come in, and how much they may do -----------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_page_from_elsewhere_is_refused_before_the_socket_opens(serve: Serve, origin: str) -> None:
    with pytest.raises(InvalidStatus) as caught, socket(serve(), origin=origin):
        pass
    assert caught.value.response.status_code == 403


def test_a_page_of_our_own_or_one_that_is_allowed_comes_in(serve: Serve) -> None:
    server = serve(guard=Guard(frozenset({"https://site.example"})))
    for origin in (server.url("").rstrip("/"), "https://site.example"):
        with socket(server, origin=origin) as ws:
            assert turn(ws, "Hi") == ["Hello"]


@pytest.mark.parametrize(
    ("query", "headers", "first"),
    [
        ("?token=word-of-mouth", {}, None),
        ("", {"Authorization": "Bearer word-of-mouth"}, None),
        ("", {}, "word-of-mouth"),
    ],
)
def test_a_token_may_be_shown_in_three_ways(
    serve: Serve, query: str, headers: dict[str, str], first: str | None
) -> None:
    server = serve(guard=Guard(token="word-of-mouth"))  # noqa: S106 - a test's own
    with socket(server, query, additional_headers=headers) as ws:
        if first:
            ws.send(first)
        assert turn(ws, "Hi") == ["Hello"]


@pytest.mark.parametrize(("query", "first"), [("?token=wrong", None), ("", "wrong")])
def test_a_wrong_token_is_told_and_closed(serve: Serve, played: Played, query: str, first: str | None) -> None:
    allowances = Allowances(wrong_token=0.01)
    with socket(serve(guard=Guard(token="word-of-mouth"), allowances=allowances), query) as ws:  # noqa: S106 - a test's own
        if first:
            ws.send(first)
        assert "token is wrong" in turn(ws)[0]
        assert closed(ws) == 1008
    assert not played.asked


def test_who_shows_no_token_is_not_waited_for(serve: Serve) -> None:
    server = serve(guard=Guard(token="word-of-mouth"), allowances=Allowances(token=0.05))  # noqa: S106 - a test's own
    with socket(server, "?format=json") as ws:
        assert [event(ws)["type"], event(ws)["code"]] == ["token_needed", "bad_token"]
        assert closed(ws) == 1008


def test_json_shows_its_token_in_a_message(serve: Serve) -> None:
    with socket(serve(guard=Guard(token="word-of-mouth")), "?format=json") as ws:  # noqa: S106 - a test's own
        event(ws)
        ws.send('{"type": "token", "token": "word-of-mouth"}')
        assert event(ws)["type"] == "open"


def test_too_many_messages_in_a_minute_are_told(serve: Serve, played: Played) -> None:
    with socket(serve(allowances=Allowances(messages_a_minute=2))) as ws:
        told = [turn(ws, "Hi")[0] for _ in range(3)]
    assert told[:2] == ["Hello", "Hello"]
    assert "2 a minute" in told[2]
    assert len(played.asked) == 2


def test_another_socket_of_the_same_address_has_no_allowance_of_its_own(serve: Serve, played: Played) -> None:
    server = serve(allowances=Allowances(messages_a_minute=2))
    for _ in range(4):
        with socket(server) as ws:
            turn(ws, "Hi")
    assert len(played.asked) == 2


def test_who_goes_on_after_too_many_messages_is_let_go_whatever_they_are(serve: Serve) -> None:
    with socket(serve(allowances=Allowances(messages_a_minute=3, excess=2)), "?format=json") as ws:
        event(ws)
        for frame in ("{", b"bytes", "x", "{", '{"type": "stop"}', "{"):
            ws.send(frame)
        codes = [event(ws)["code"] for _ in range(6)]
        assert codes == ["not_understood", "not_text", "not_understood", "too_fast", "too_fast", "too_fast"]
        assert closed(ws) == 1008


def test_who_has_no_token_takes_no_place_of_those_who_have(serve: Serve) -> None:
    allowances = Allowances(connections=1, strangers=2, wrong_token=0.01)
    server = serve(guard=Guard(token="word-of-mouth"), allowances=allowances)  # noqa: S106 - a test's own
    with socket(server, "?format=json") as one, socket(server, "?format=json") as two:
        assert [event(one)["type"], event(two)["type"]] == ["token_needed"] * 2
        with pytest.raises(InvalidStatus) as caught, socket(server):
            pass
        assert caught.value.response.status_code == 503
        with socket(server, "?token=word-of-mouth") as ws:
            assert turn(ws, "Hi") == ["Hello"]
            two.send('{"type": "token", "token": "word-of-mouth"}')
            assert (event(two)["code"], closed(two)) == ("full", 1013)
        one.send('{"type": "token", "token": "word-of-mouth"}')
        assert event(one)["type"] == "open"


def test_too_many_sockets_of_one_address_are_refused(serve: Serve) -> None:
    server = serve(allowances=Allowances(connections_of_an_address=1))
    with socket(server) as ws:
        turn(ws, "Hi")
        with pytest.raises(InvalidStatus) as caught, socket(server):
            pass
    assert caught.value.response.status_code == 503


def test_behind_a_proxy_on_this_machine_visitors_are_told_apart(serve: Serve) -> None:
    server = serve(allowances=Allowances(connections_of_an_address=1))
    mine, theirs = ({"X-Forwarded-For": address} for address in ("192.0.2.1", "192.0.2.2"))
    with socket(server, additional_headers=mine) as ws, socket(server, additional_headers=theirs) as other:
        assert turn(ws, "Hi") == turn(other, "Hi")
        with pytest.raises(InvalidStatus), socket(server, additional_headers=mine):
            pass


def test_too_many_questions_that_wait_are_told(serve: Serve, played: Played) -> None:
    played.play = gate = Gate()
    with socket(serve(allowances=Allowances(waiting_questions=1)), "?format=json") as ws:
        event(ws)
        ws.send('{"type": "ask", "text": "one"}')
        assert gate.begun.wait(WAIT)
        for text in ("two", "three"):
            ws.send(json.dumps({"type": "ask", "text": text}))
        assert events(ws, "error")[-1]["code"] == "too_many"


def test_too_many_sockets_are_refused(serve: Serve) -> None:
    server = serve(allowances=Allowances(connections=1))
    with socket(server) as ws:
        turn(ws, "Hi")
        with pytest.raises(InvalidStatus) as caught, socket(server):
            pass
    assert caught.value.response.status_code == 503


def test_a_frame_beyond_all_measure_closes_the_socket(serve: Serve) -> None:
    with socket(serve()) as ws:
        ws.send("x" * (2 << 20))
        assert closed(ws) == 1009


# --- back-pressure, going away, stopping -----------------------------------------------------------------------------


def test_a_slow_reader_holds_the_api_up_and_is_let_go_in_the_end(serve: Serve, played: Played) -> None:
    shown, ended = [], threading.Event()

    def play(body: Mapping[str, Any], show: Show, cancel: Cancel) -> Answer:
        assert body
        try:
            for number in range(100_000):
                show("x" * 10_000)
                shown.append(number)
        finally:
            assert cancel.wait(WAIT)
            ended.set()
        return answer("all of it")

    played.play = play
    server = serve(allowances=Allowances(slow_reader=0.3))
    with socket(server, "?stream", max_queue=1, close_timeout=0.1) as ws:
        ws.send("Hi")
        assert ended.wait(WAIT)
    assert len(shown) < 20_000
    assert not server.sockets


def test_when_the_visitor_goes_the_call_is_stopped(serve: Serve, played: Played) -> None:
    played.play = gate = Gate()
    with socket(serve()) as ws:
        ws.send("Hi")
        assert gate.begun.wait(WAIT)
    assert gate.cancelled.wait(WAIT)


def test_a_server_that_stops_lets_answers_end(serve: Serve, played: Played) -> None:
    played.play = gate = Gate()
    server = serve(allowances=Allowances())
    with socket(server) as busy, socket(server) as idle:
        busy.send("Hi")
        assert gate.begun.wait(WAIT)
        stopping = threading.Thread(target=server.close)
        stopping.start()
        assert closed(idle) == 1001
        gate.opened.set()
        assert turn(busy) == ["first second"]
        assert closed(busy) == 1001
        stopping.join(WAIT)
    assert not stopping.is_alive()


def test_a_server_that_stops_does_not_wait_for_ever(serve: Serve, played: Played) -> None:
    played.play = gate = Gate()
    server = serve(allowances=Allowances(grace=0.05))
    with socket(server) as ws:
        ws.send("Hi")
        assert gate.begun.wait(WAIT)
        server.close()
        assert closed(ws) in (1001, 1012)
    assert gate.cancelled.wait(WAIT)


def test_other_addresses_have_no_chat(serve: Serve) -> None:
    with pytest.raises(InvalidStatus) as caught, connect(serve().url("/other", "ws")):
        pass
    assert caught.value.response.status_code == 404
