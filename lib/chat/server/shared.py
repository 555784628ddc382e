"""What all sockets share, and how much each of them may have of it."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from .client_faults import ClientFaultLog
from .cookie import CookieSigner
from .limits import ConnectionLimit, RateLimiter, TurnQueue
from .waker import Waker

if TYPE_CHECKING:
    from ..conversation import Service
    from ..turn import TurnContext
    from .access import AccessRules

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChatLimits:
    """What a visitor may do, and what the server does at once. Sizes in bytes, times in seconds.

    `unauthenticated` are sockets that have not shown the token yet. `over_limit` is how many messages above the rate
    are answered before the socket is closed, `stop` how long a stopped call may take to end.
    """

    message_bytes: int = 64 * 1024
    messages_a_minute: float = 30
    over_limit: int = 20
    waiting_questions: int = 8
    connections: int = 2000
    connections_of_an_address: int = 100
    connections_of_a_conversation: int = 16
    unauthenticated: int = 200
    unauthenticated_of_an_address: int = 5
    turns_at_once: int = 128
    openings_at_once: int = 16
    slow_reader: float = 30
    token: float = 15
    wrong_token: float = 1
    ping: float = 20
    keep: float = 24 * 3600
    wait_for_turn: float = 60
    grace: float = 5
    stop: float = 1


class SharedState:
    """What all sockets of one event loop share: the service, the limits, the threads."""

    def __init__(self, service: Service, context: TurnContext, access: AccessRules, limits: ChatLimits) -> None:
        self.service, self.context, self.access, self.limits = service, context, access, limits
        self.signer = CookieSigner(access.secret)
        self.connections = ConnectionLimit(limits.connections, limits.connections_of_an_address)
        self.unauthenticated = ConnectionLimit(limits.unauthenticated, limits.unauthenticated_of_an_address)
        self.conversations = ConnectionLimit(limits.connections, limits.connections_of_a_conversation)
        self.rates = RateLimiter(limits.messages_a_minute)
        self.turns = TurnQueue()
        self.client_faults = ClientFaultLog(_LOG)
        self.threads = ThreadPoolExecutor(limits.turns_at_once, thread_name_prefix="chat")
        # a socket opens, and reads what was said, however many answers are being made
        self.openers = ThreadPoolExecutor(limits.openings_at_once, thread_name_prefix="chat opening")

    @cached_property
    def waker(self) -> Waker:
        """What wakes the loop for worker threads; first used in the loop."""
        return Waker()

    def close(self) -> None:
        """Shut the threads down; those still at work are not waited for."""
        self.threads.shutdown(wait=False, cancel_futures=True)
        self.openers.shutdown(wait=False, cancel_futures=True)
