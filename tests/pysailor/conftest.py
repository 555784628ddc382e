"""What tests of the runtime share: a tiny component, made anew for each, and a platform that answers as they say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tests.support.web import Web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.collector import Collector

DECLARED: dict[str, Any] = {
    "title": "Echo",
    "description": "Says what it hears",
    "version": "1.0.0",
    "buildType": "docker",
    "credentials": {
        "verifier": "./lib/verify.py",
        "fields": {
            "password": {
                "label": "Password",
                "viewClass": "PasswordFieldView",
                "required": True,
                "help": {"description": "Any word."},
            }
        },
    },
    "actions": {
        "echo": {
            "title": "Echo",
            "description": "Gives the message back",
            "main": "./lib/echo.py",
            "fields": {
                "times": {
                    "label": "Times",
                    "viewClass": "TextFieldView",
                    "default": 1,
                    "help": {"description": "How often."},
                },
                "tone": {
                    "label": "Tone",
                    "viewClass": "SelectView",
                    "model": "tones",
                    "help": {"description": "How it sounds."},
                },
            },
            "metadata": {
                "in": {
                    "type": "object",
                    "properties": {
                        "word": {"type": "string", "required": True, "title": "Word", "help": {"description": "One."}}
                    },
                },
                "out": {
                    "type": "object",
                    "properties": {
                        "word": {"type": "string", "required": True, "title": "Word", "help": {"description": "One."}}
                    },
                },
            },
        }
    },
}
ECHO = """
from pysailor import Message, Rebound


def process(msg, cfg, snapshot, ctx):
    word = msg.body["word"]
    if word == "later":
        raise Rebound("not now")
    if word == "crash":
        return 1 / 0
    if word == "number":
        return Message(body={"word": 1})
    if word == "nonsense":
        return "text"
    if word == "nothing":
        return None
    if word == "remember":
        ctx.update_snapshot({"heard": snapshot.get("heard", 0) + 1})
        return Message(body={"word": str(snapshot.get("heard", 0))})
    return (Message(body={"word": word}) for _ in range(cfg["times"]))


def tones(cfg, ctx):
    return {"loud": "Loud", "soft": "Soft"}
"""
VERIFY = """
from pysailor import InvalidCredentials


def verify(cfg, ctx):
    if cfg["password"] != "open sesame":
        raise InvalidCredentials("That is not the word.")
"""


class MakeComponent(Protocol):
    def __call__(self, declared: dict[str, Any] | None = None, **files: str) -> Path: ...


@pytest.fixture(params=["directly", "by a proxy"])
def web(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """Return the platform's services, as far as a test says what they answer."""
    if request.param == "directly":
        with Web() as served:
            yield served
        return
    with Web(base="http://services.test") as served:
        monkeypatch.setenv("http_proxy", served.url)
        monkeypatch.setenv("no_proxy", "")
        yield served


@pytest.fixture
def waits() -> list[float]:
    """Return the list of the pauses between tries, none of which is waited for."""
    return []


@pytest.fixture
def make_component(tmp_path: Path) -> MakeComponent:
    def make(declared: dict[str, Any] | None = None, **files: str) -> Path:
        (tmp_path / "lib").mkdir(exist_ok=True)
        (tmp_path / "lib/__init__.py").touch()
        (tmp_path / "logo.png").touch()
        (tmp_path / "component.json").write_text(json.dumps(DECLARED if declared is None else declared))
        for name, text in {"echo": ECHO, "verify": VERIFY, **files}.items():
            (tmp_path / f"lib/{name}.py").write_text(text)
        return tmp_path

    return make


@pytest.fixture
def echo(make_component: MakeComponent) -> Path:
    return make_component()


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    from tests.support.collector import Collector  # noqa: PLC0415 - needs an extra

    with Collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        yield collector
