"""What a step asks over HTTP is kept without secrets, and answers again without a key or a network."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseRequestHandler, TCPServer
from typing import TYPE_CHECKING, Any

import pytest
import requests

from pysailor import Data, StepError
from pysailor.cassette import CassetteMismatch, Tape, open_tape
from pysailor.cassette.folder import SETTINGS, UnreadableCassette
from pysailor.cassette.recorded_settings import RecordedSettings
from pysailor.cli.tape import tell_tape
from pysailor.component.builtin import locate_builtin
from pysailor.component.component import Component
from pysailor.component.descriptor import Field
from pysailor.testing import run_step
from tests.support.broker import eventually, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOT = locate_builtin("http")
WORDS = ("Grü".encode(), b"\xc3", b"\x9fe")
KEY = "Bearer sk-very-secret-key-7"


class Service(ThreadingHTTPServer):
    """Answers in the way that the path asks for; counts its requests."""

    count = 0

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Service

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.count += 1
        if "stream" in self.path:
            self._stream()
            return
        status = 503 if "busy" in self.path and self.server.count == 1 else 200
        content = b"\xff\0" if "bytes" in self.path else self._quote()
        self.send_response(status)
        self.send_header("Content-Type", "image/png" if "bytes" in self.path else "application/json")
        self.send_header("Retry-After", "0")
        self.send_header("Set-Cookie", "a=b")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST  # noqa: N815 - http.server's name

    def _quote(self) -> bytes:
        return json.dumps({"you": self.headers.get("Authorization"), "count": self.server.count}).encode()

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for word in WORDS:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(word), word))
            self.wfile.flush()
            time.sleep(0.05)
        if "broken" not in self.path:
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    with Service(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(service: Service, path: str, body: Any = None, **more: Any) -> Any:
    cfg = {"url": service.address + path, "authorization": KEY, "method": "POST", **more.pop("cfg", {})}
    (event,) = run_step(ROOT, "request", {} if body is None else {"body": body}, cfg=cfg, **more)
    assert isinstance(event, Data)
    return event.message.body["responseBody"]


def files(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))]


@pytest.mark.parametrize("path", ["/tickets", "/bytes", "/stream"])
def test_what_was_recorded_is_answered_again(service: Service, tmp_path: Path, path: str) -> None:
    recorded = ask(service, path, {"name": "Änn"}, record=tmp_path)
    assert service.count == 1
    replayed = ask(service, path, {"name": "Änn"}, replay=tmp_path, cfg={"authorization": ""})
    assert service.count == 1
    if path == "/tickets":
        assert (recorded.pop("you"), replayed.pop("you")) == (KEY, "***")
    assert replayed == recorded


def test_no_secret_is_kept(service: Service, tmp_path: Path) -> None:
    ask(service, "/tickets?key=sk-very-secret-key-7&a=1", {"key": "sk-very-secret-key-7"}, record=tmp_path)
    text = "".join(file.read_text() for file in tmp_path.iterdir())
    assert "very-secret" not in text
    assert "cookie" not in text.lower()
    (kept,) = files(tmp_path)
    assert kept["request"] == {
        "method": "POST",
        "path": "/tickets?a=1&key=***",
        "headers": {"accept": "*/*", "content-type": "application/json"},
        "body": {"key": "***"},
    }
    assert kept["response"]["body"]["you"] == "***"


def test_the_times_of_a_stream_are_kept_and_played(service: Service, tmp_path: Path) -> None:
    def times() -> list[float]:
        """Record, and return when each word came; when the machine was slow, two may have come as one."""
        for file in tmp_path.iterdir():
            file.unlink()
        ask(service, "/stream", record=tmp_path)
        (kept,) = files(tmp_path)
        return [seconds for seconds, _ in kept["response"]["chunks"]]

    first, *_, last = eventually(lambda: found if len(found := times()) == len(WORDS) else None)
    assert last - first >= 0.05
    with Tape(tmp_path, is_recording=False) as tape:
        cfg = tape.settings(Component(ROOT), Component(ROOT).function("request").fields, {"url": service.address})
        began = time.monotonic()
        with requests.post(f"{cfg['url']}/stream", stream=True, timeout=60) as response:
            pieces = list(response.iter_content(None))
    assert b"".join(pieces) == "Grüße".encode()
    assert time.monotonic() - began >= last


def test_an_answer_that_broke_off_breaks_off_again(service: Service, tmp_path: Path) -> None:
    for mode in ("record", "replay"):
        with pytest.raises(StepError, match=r"cannot be reached|did not finish"):
            ask(service, "/stream-broken", **{mode: tmp_path})
    assert files(tmp_path)[0]["response"]["broken"] is True


def test_answers_to_the_same_request_come_in_their_order(service: Service, tmp_path: Path) -> None:
    cfg = {"maxRetries": 1}
    assert ask(service, "/busy", record=tmp_path, cfg=cfg)["count"] == 2
    assert [each["response"]["status"] for each in files(tmp_path)] == [503, 200]
    assert ask(service, "/busy", replay=tmp_path, cfg=cfg)["count"] == 2


def test_a_changed_request_is_told_as_a_diff(service: Service, tmp_path: Path) -> None:
    ask(service, "/tickets", {"name": "Ann", "age": 7}, record=tmp_path)
    with pytest.raises(CassetteMismatch) as mismatch:
        ask(service, "/tickets", {"name": "Bob", "age": 7}, replay=tmp_path)
    told = str(mismatch.value)
    assert told.startswith("POST /tickets was not recorded; the nearest that was differs so:")
    assert '-  "name": "Ann"\n+  "name": "Bob"' in told
    assert '"age": 7' in told


def test_recorded_requests_that_were_not_asked_for_are_told_once_with_their_number(
    service: Service, tmp_path: Path
) -> None:
    for name in ("Ann", "Bob"):
        ask(service, "/tickets", {"name": name}, record=tmp_path)
    with Tape(tmp_path, is_recording=False) as tape:
        assert tape.summary.endswith("; not asked for: POST /tickets (2 times)")


def test_a_service_that_was_away_is_away_again(tmp_path: Path) -> None:
    for mode in ("record", "replay"):
        kept: dict[str, Any] = {mode: tmp_path}
        with pytest.raises(StepError, match="cannot be reached"):
            run_step(ROOT, "request", {}, cfg={"url": "http://127.0.0.1:1/x"}, **kept)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "holds no recorded exchange; record some with --record"),
        ("{", "is not a recorded exchange"),
        ("[]", "is not"),
    ],
)
def test_a_cassette_that_cannot_be_read_is_told(tmp_path: Path, content: str | None, told: str) -> None:
    if content is not None:
        (tmp_path / "a-1.json").write_text(content)
    with pytest.raises(UnreadableCassette, match=told):
        open_tape(None, tmp_path)


def test_recording_and_replaying_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(UnreadableCassette, match="Choose one"):
        open_tape(tmp_path, tmp_path)
    assert open_tape(None, None) is None


def test_a_service_that_could_not_be_reached_is_named_not_the_recorder(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    told = {}
    for is_recording in (True, False):
        with Tape(tmp_path, is_recording=is_recording) as tape:
            cfg = tape.settings(Component(ROOT), [], {})
            assert cfg == {}
            with pytest.raises(requests.ConnectionError):
                requests.post(tape._lead(f"{nobody}/x"), json={}, timeout=120)
            told[is_recording] = tape.summary

    assert f"; {nobody} could not be reached" in told[True]
    assert f"; {nobody} could not be reached when this was recorded" in told[False]


class Dropping(BaseRequestHandler):
    """Takes a connection and closes it without a word."""

    def handle(self) -> None:
        """Read what comes first."""
        self.request.recv(1)


def test_what_was_never_reached_refuses_and_what_was_dropped_is_dropped(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    with TCPServer(("127.0.0.1", 0), Dropping) as dropping:
        thread = threading.Thread(target=dropping.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        addresses = {"refused": nobody, "dropped": f"http://127.0.0.1:{dropping.server_address[1]}"}
        for is_recording in (True, False):
            caused = {}
            with Tape(tmp_path, is_recording=is_recording) as tape:
                for name, address in addresses.items():
                    with pytest.raises(requests.ConnectionError) as raised:
                        requests.post(tape._lead(f"{address}/{name}"), json={}, timeout=120)
                    caused[name] = "refused" in str(raised.value)
                assert "not asked for" not in tape.summary
        dropping.shutdown()
        thread.join()
    assert caused == {"refused": True, "dropped": False}


def test_what_cannot_be_kept_is_passed_on_and_told(service: Service, tmp_path: Path) -> None:
    folder = tmp_path / "tape"
    with Tape(folder, is_recording=True) as tape:
        address = tape._lead(service.address)
        requests.post(f"{address}/kept", json={}, timeout=120)
        (kept,) = folder.iterdir()
        kept.rename(tmp_path / "kept.json")
        folder.rmdir()
        answer = requests.post(f"{address}/lost", json={}, timeout=120)
    assert answer.json()["count"] == 2
    assert tape.summary == f"1 exchange is recorded in {folder}"
    (lost,) = tape.unwritten
    assert lost.endswith("cannot be written: No such file or directory")
    assert tell_tape(tape) == 1


def test_nothing_is_left_of_an_exchange_that_could_not_be_written(service: Service, tmp_path: Path) -> None:
    ask(service, "/first", record=tmp_path)
    (file,) = tmp_path.iterdir()
    file.unlink()
    file.mkdir()
    ask(service, "/first", record=tmp_path)
    assert list(tmp_path.iterdir()) == [file]


def test_a_setting_that_steps_had_two_values_of_and_a_secret_are_not_kept() -> None:
    fields = [Field(name, "step", name, "TextFieldView", required=True) for name in ("model", "kind", "at")]
    fields.append(Field("key", "credential", "Key", "PasswordFieldView", required=True))
    settings = RecordedSettings({})
    settings.keep("A", fields, {"model": "a", "kind": "x", "key": "sk", "at": "http://here"})
    settings.keep("A", fields, {"model": "b", "kind": "x"})
    settings.keep("A", fields, {"model": "a", "kind": "x"})
    assert settings.kept == {"A": {"model": None, "kind": "x"}}
    assert settings.find_missing("A", fields, {}) == {"kind": "x"}
    assert settings.find_missing("A", fields, {"kind": "y"}) == {}
    assert settings.find_missing("B", fields, {}) == {}


def test_recorded_settings_that_cannot_be_read_are_told(service: Service, tmp_path: Path) -> None:
    ask(service, "/tickets", record=tmp_path)
    (tmp_path / SETTINGS).write_text("[1]")
    with pytest.raises(UnreadableCassette, match="does not hold recorded settings"):
        Tape(tmp_path, is_recording=False)
