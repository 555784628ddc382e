"""The flows in flows/: each passes its own cases, and runs as its first lines say, on the sandbox."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from aiosmtpd.controller import Controller

from pysailor.cli import main
from pysailor.flow.document import read_flow
from tests.support.broker import eventually, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
FLOWS = sorted((ROOT / "flows").glob("*.yaml"))


class Mailbox:
    """What a mail server took."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """Run a mail server, and have the environment lead there."""
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=0)
    with suppress(OSError):  # it asks itself at the port that it was given, which is 0
        controller.start()
    port = controller.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
    settings = {"HOST": "127.0.0.1", "PORT": str(port), "SECURITY": "none", "FROM": "flows@example.com"}
    for name, value in settings.items():
        monkeypatch.setenv(f"MAIL_{name}", value)
    yield box
    controller.stop(no_assert=True)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    monkeypatch.chdir(ROOT)

    def run_flow(name: str, *sets: str) -> str:
        options = [option for each in sets for option in ("--set", each)]
        command = ["flow", "run", f"flows/{name}.yaml", "--sandbox", "--runs", str(tmp_path / "runs"), *options]
        code = main(command)
        told = capsys.readouterr()
        assert code == 0, told.err
        return told.err

    return run_flow


def lines(file: Path) -> list[Any]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("flow", [flow for flow in FLOWS if read_flow(flow).tests], ids=lambda flow: flow.stem)
def test_a_flow_passes_its_own_cases(
    flow: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    code = main(["flow", "test", str(flow)])
    told = capsys.readouterr()
    assert code == 0, told.out + told.err


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.stem)
def test_a_flow_is_shown_in_the_documentation_with_its_drawing(
    flow: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["flow", "draw", f"flows/{flow.name}"]) == 0
    page = (ROOT / "docs/flows.md").read_text(encoding="utf-8")
    assert f"(../flows/{flow.name})" in page
    assert capsys.readouterr().out.rstrip() in page


def test_jokes_are_mailed(run: Callable[..., str], mailbox: Mailbox) -> None:
    run("jokes")
    assert sorted((mail["To"], mail["Subject"]) for mail in mailbox.mails) == [
        ("ann@example.com", "A joke for Ann"),
        ("bob@example.com", "A joke for Bob"),
    ]
    assert all("joke about" in mail.get_content() for mail in mailbox.mails)


def test_tickets_go_where_they_belong(run: Callable[..., str], mailbox: Mailbox, tmp_path: Path) -> None:
    paths = [f"{step}.path={tmp_path}/{step}" for step in ("bill", "rest", "error_handler")]
    run("triage", *paths)
    written = sum(len(lines(tmp_path / step)) for step in ("bill", "rest") if (tmp_path / step).exists())
    assert written + len(mailbox.mails) == 3
    assert not (tmp_path / "error_handler").exists()


def test_documents_are_summarised(run: Callable[..., str], tmp_path: Path) -> None:
    run("documents", f"keep.path={tmp_path}/kept")
    assert [line["line"]["file"] if "line" in line else line["file"] for line in lines(tmp_path / "kept")] == [
        "letter.pdf"
    ]


def test_answers_are_checked_by_another_model(run: Callable[..., str], tmp_path: Path) -> None:
    run("second-opinion", f"right.path={tmp_path}/right", f"doubtful.path={tmp_path}/doubtful")
    written = [line for name in ("right", "doubtful") if (tmp_path / name).exists() for line in lines(tmp_path / name)]
    assert len(written) == 2


def test_a_conversation_is_had_over_http(
    run: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATGPT_CONVERSATIONS", f"sqlite:///{tmp_path}/conversations.sqlite")
    port = free_port()
    answers: list[Any] = []
    over = threading.Event()

    def talk() -> None:
        address = f"http://127.0.0.1:{port}/"
        first = eventually(lambda: over.is_set() or _ask(address, {"question": "My name is Ann."}))
        if not over.is_set():
            answers.extend([first, _ask(address, {"question": "And?", "conversation": first["conversation"]})])

    caller = threading.Thread(target=talk, daemon=True)
    caller.start()
    try:
        run("conversation", f"hook.port={port}", "hook.requests=2")
    finally:
        over.set()  # a run that failed is this test's fault, not that of the one during which the caller gives up
        caller.join(60)
    assert [set(answer) for answer in answers] == [{"answer", "conversation"}] * 2
    assert answers[0]["conversation"] == answers[1]["conversation"]


def _ask(address: str, body: dict[str, Any]) -> Any:
    try:
        return requests.post(address, json=body, timeout=60).json()
    except requests.ConnectionError:
        return None
