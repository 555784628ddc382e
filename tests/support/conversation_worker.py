"""A worker of its own process, for the tests: `worker.py URL OWNER LEASE_SECONDS WHAT [NUMBER]`; talks in lines."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

from lib.conversation import Store, TurnLost, open_store

CHATS = 50
TURNS = 10
THREADS = 16
MODEL_SECONDS = 0.01  # so that the workers meet in the same conversations


def talk(store: Store, owner: str, worker: str) -> None:
    """Make ten turns in each of fifty conversations; each turn counts on from the last one."""

    def one(chat: int) -> None:
        for number in range(TURNS):
            with store.conversation(owner, f"chat-{chat}") as conversation:
                before = conversation.messages(last=1)
                counted = int(before[0]["content"]) if before else 0
                time.sleep(MODEL_SECONDS)
                conversation.append(
                    [
                        {"role": "user", "content": f"{worker} {number}"},
                        {"role": "assistant", "content": f"{counted + 1}"},
                    ],
                    key=f"{worker} {number}",
                )

    _say("ready")
    sys.stdin.readline()
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(one, range(CHATS)))


def hold(store: Store, owner: str, chat: str = "chat") -> None:
    """Begin a turn, say so, and end it when told."""
    try:
        with store.conversation(owner, chat) as conversation:
            _say("holding")
            sys.stdin.readline()
            conversation.append([{"role": "assistant", "content": "from the worker"}])
    except TurnLost:
        _say("lost")
    else:
        _say("kept")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    url, whose, lease, what, *rest = sys.argv[1:]
    with open_store(url, lease_seconds=float(lease)) as opened:
        if what == "talk":
            talk(opened, whose, rest[0])
        else:
            hold(opened, whose, *rest)
