"""What all sockets share, and how much each of them may have of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .cookie import Badges
from .limits import Paces, Places, Turns

if TYPE_CHECKING:
    from ..conversation import Service
    from ..turn import Desk
    from .access import Guard


@dataclass(frozen=True, slots=True)
class Allowances:
    """What a visitor may do, and what the server does at once. Sizes in bytes, times in seconds.

    `strangers` are sockets that have not shown the token yet. `excess` is how many messages above the allowance are
    answered before the socket is closed.
    """

    message_bytes: int = 64 * 1024
    messages_a_minute: float = 30
    excess: int = 20
    waiting_questions: int = 8
    connections: int = 2000
    connections_of_an_address: int = 100
    connections_of_a_conversation: int = 16
    strangers: int = 200
    strangers_of_an_address: int = 5
    turns_at_once: int = 128
    openings_at_once: int = 16
    slow_reader: float = 30
    token: float = 15
    wrong_token: float = 1
    ping: float = 20
    keep: float = 24 * 3600
    wait_for_turn: float = 60
    grace: float = 5


class House:
    """The rooms: who answers, the places, the threads. Belongs to one event loop."""

    def __init__(self, service: Service, desk: Desk, guard: Guard, allowances: Allowances) -> None:
        """Be empty."""
        self.service, self.desk, self.guard, self.allowances = service, desk, guard, allowances
        self.badges = Badges(guard.secret)
        self.inside = Places(allowances.connections, allowances.connections_of_an_address)
        self.strangers = Places(allowances.strangers, allowances.strangers_of_an_address)
        self.conversations = Places(allowances.connections, allowances.connections_of_a_conversation)
        self.paces = Paces(allowances.messages_a_minute)
        self.turns = Turns()
        self.threads = ThreadPoolExecutor(allowances.turns_at_once, thread_name_prefix="chat")
        # a socket opens, and reads what was said, however many answers are being made
        self.openers = ThreadPoolExecutor(allowances.openings_at_once, thread_name_prefix="chat opening")

    def close(self) -> None:
        """Let go of the threads; those that still work are not waited for."""
        self.threads.shutdown(wait=False, cancel_futures=True)
        self.openers.shutdown(wait=False, cancel_futures=True)
