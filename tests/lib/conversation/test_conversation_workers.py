"""Several worker processes on one store: PostgreSQL, Redis and SQLite as they really are."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from lib.conversation import ConversationBusy, open_store
from tests.support.conversation_worker import CHATS, TURNS
from tests.support.servers import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

LEASE = 1.0


@contextmanager
def worker(url: str, owner: str, *what: str, lease: float = LEASE) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.support.conversation_worker", url, owner, str(lease), *what]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def said_by(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def tell(process: subprocess.Popen[str]) -> None:
    """Have the worker go on."""
    assert process.stdin is not None
    process.stdin.write("go on\n")
    process.stdin.flush()


def test_a_thousand_turns_of_two_workers_are_all_there_once_and_in_order(shared_url: str, owner: str) -> None:
    with (
        worker(shared_url, owner, "talk", "a", lease=15) as one,
        worker(shared_url, owner, "talk", "b", lease=15) as two,
    ):
        assert (said_by(one), said_by(two)) == ("ready", "ready")
        tell(one)
        tell(two)
        assert (one.wait(timeout=60), two.wait(timeout=60)) == (0, 0)
    with open_store(shared_url) as store:
        summaries = store.conversations(owner)
        assert sum(summary.turns for summary in summaries) == 2 * CHATS * TURNS == 1000
        met = 0
        for summary in summaries:
            turns = store.turns(owner, summary.id)
            assert [turn.number for turn in turns] == list(range(1, 2 * TURNS + 1))
            assert [turn.messages[1]["content"] for turn in turns] == [str(turn.number) for turn in turns]
            for name in ("a", "b"):
                asked = [turn.key for turn in turns if turn.key.startswith(name)]
                assert asked == [f"{name} {number}" for number in range(TURNS)]
            met += sum(one.key[0] != two.key[0] for one, two in pairwise(turns)) > 1
            assert [turn.at for turn in turns] == sorted(turn.at for turn in turns)
        assert met  # else the workers came one after the other, and nothing was shown


def test_a_worker_killed_in_its_turn_blocks_the_others_for_a_lease_at_most(shared_url: str, owner: str) -> None:
    with open_store(shared_url, lease_seconds=LEASE) as store, worker(shared_url, owner, "hold") as process:
        assert said_by(process) == "holding"
        with pytest.raises(ConversationBusy), store.conversation(owner, "chat", busy="refuse"):
            pass
        process.kill()
        process.wait()
        killed = time.monotonic()
        with store.conversation(owner, "chat") as conversation:
            waited = time.monotonic() - killed
            assert conversation.messages() == []
            conversation.append([{"role": "assistant", "content": "from the other"}])
        assert waited < LEASE + 20  # a lease, and what a busy machine adds
        assert [turn.messages[0]["content"] for turn in store.turns(owner, "chat")] == ["from the other"]


def test_a_worker_that_was_frozen_over_its_lease_cannot_append(shared_url: str, owner: str) -> None:
    with open_store(shared_url, lease_seconds=LEASE) as store, worker(shared_url, owner, "hold") as process:
        assert said_by(process) == "holding"
        process.send_signal(signal.SIGSTOP)
        with store.conversation(owner, "chat") as conversation:
            conversation.append([{"role": "assistant", "content": "from the other"}])
        process.send_signal(signal.SIGCONT)
        tell(process)
        assert said_by(process) == "lost"
        assert [turn.messages[0]["content"] for turn in store.turns(owner, "chat")] == ["from the other"]


def test_a_long_turn_keeps_its_lease(shared_url: str, owner: str) -> None:
    def keeps(lease: float) -> bool:
        """Return whether it does; a machine that stands still for two thirds of a lease has it lost."""
        chat = f"chat of {lease}"
        with (
            open_store(shared_url, lease_seconds=lease) as store,
            worker(shared_url, owner, "hold", chat, lease=lease) as process,
        ):
            assert said_by(process) == "holding"
            with suppress(ConversationBusy), store.conversation(owner, chat, wait_seconds=lease * 1.5):
                return False
            tell(process)
            return said_by(process) == "kept"

    assert any(keeps(lease) for lease in (LEASE, 5 * LEASE, 20 * LEASE))
