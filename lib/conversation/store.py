"""A place where conversations are kept: the turn lock over all workers, and what every store does alike."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

from pysailor import StepError

from .errors import ConversationBusy
from .lease import Lease, acquire, leave, new_name, renew
from .lease_renewal import LeaseRenewal
from .turn import Place, Summary, Turn, check_key, check_owner, encode_turn
from .window import ChatMessage, Count, window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Busy = Literal["wait", "refuse"]

LEASE_SECONDS = 15.0
_MOST_LISTED = 1000
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.01, 0.1
_SECONDS_BETWEEN_PURGES = 60.0


@dataclass(frozen=True, slots=True)
class Draft:
    """A turn that waits to be kept."""

    key: str
    document: str


class Conversation:
    """One conversation while its turn is held; made by `Store.conversation`."""

    def __init__(self, store: Store, place: Place, token: str) -> None:
        self._store, self._place, self._token = store, place, token
        self._draft: Draft | None = None
        self.kept: Turn | None = None
        """The turn as it was kept; set when the `with` block has ended well."""

    @property
    def id(self) -> str:
        """Return the id by which the conversation is resumed."""
        return self._place.id

    def turns(self, newest: int | None = None) -> Sequence[Turn]:
        """Return the turns kept so far, oldest first; of them the newest few."""
        return self._store.turns(self._place.owner, self._place.id, newest)

    def messages(
        self,
        system: Iterable[ChatMessage] = (),
        *,
        last: int | None = None,
        tokens: int | None = None,
        count: Count | None = None,
        open_call: bool = False,
    ) -> list[ChatMessage]:
        """Return the system text and the history that goes along with the next question (see `window`)."""
        # a turn has a message at least, so the last N messages are within the last N turns
        said = [message for turn in self.turns(last) for message in turn.messages]
        return window(system, said, last=last, tokens=tokens, count=count, open_call=open_call)

    def find(self, key: str) -> Turn | None:
        """Return the turn that was kept under this key: the same message came before, and need not be paid again."""
        return self._store.find(self._place.owner, self._place.id, key)

    def append(
        self, messages: Iterable[ChatMessage], *, key: str | None = None, result: Mapping[str, Any] | None = None
    ) -> None:
        """Have this turn kept, whole, when the `with` block ends well; raise TurnTooLarge if it cannot be.

        Under a key that is already there nothing is added: `kept` is then the turn of before.
        """
        if self._draft is not None:
            raise ValueError("one turn at a time: this one has already been appended")
        if key is not None:
            check_key(key)
        # without a key of its own a turn gets the lock's, so that a write tried twice is still one turn
        self._draft = Draft(key or self._token, encode_turn(list(messages), result or {}))

    def _finish(self, ttl_seconds: float | None) -> None:
        if self._draft is None:
            self._store._free(self._place, self._token)  # noqa: SLF001 - the store's own half
        else:
            self.kept = self._store._append(self._place, self._token, self._draft, ttl_seconds)  # noqa: SLF001 - same


class Store(ABC):
    """Conversations by owner and id; safe to share by threads, and with other workers that open the same address.

    Every method may raise StoreUnavailable.
    """

    def __init__(self, lease_seconds: float = LEASE_SECONDS) -> None:
        """Connect to nothing before it is needed."""
        self._lease_seconds = lease_seconds
        self._renewal = LeaseRenewal(self._renew, lease_seconds / 3)
        self._next_purge = time.monotonic() + _SECONDS_BETWEEN_PURGES

    @contextmanager
    def conversation(
        self,
        owner: str,
        conversation_id: str,
        *,
        busy: Busy = "wait",
        wait_seconds: float = 30.0,
        ttl_seconds: float | None = None,
    ) -> Iterator[Conversation]:
        """Hold the conversation's turn; what was appended is kept when the block ends well, else nothing is.

        A second turn waits, first come first served over all workers, at most `wait_seconds`; or is refused at once.
        Either way it ends in ConversationBusy. A worker that was killed blocks the others for a lease at most.
        With `ttl_seconds` the conversation is forgotten so long after this turn; without, it stays.
        Raise TurnLost at the end if another worker took over meanwhile (this one was cut off), or it was deleted.
        """
        place, token = Place(owner, conversation_id), new_name()
        self._take(place, token, wait_seconds if busy == "wait" else None)
        held = Conversation(self, place, token)
        try:
            with self._renewal.keep(place, token):
                yield held
        except BaseException:
            with suppress(StepError):  # the lease runs out by itself; what went wrong first is what counts
                self._free(place, token)
            raise
        held._finish(ttl_seconds)  # noqa: SLF001 - the store and its conversation are two halves
        self._purge_now_and_then()

    def turns(self, owner: str, conversation_id: str, newest: int | None = None) -> Sequence[Turn]:
        """Return the turns, oldest first; of them the newest few, 0 is none. Does not wait for a turn being made."""
        return self._turns(Place(owner, conversation_id), newest)

    def find(self, owner: str, conversation_id: str, key: str) -> Turn | None:
        """Return the turn that was kept under this key."""
        check_key(key)
        return self._find(Place(owner, conversation_id), key)

    def summary(self, owner: str, conversation_id: str) -> Summary | None:
        """Return the conversation at a glance; None if there is none, or no turn of it was ever kept."""
        return self._summary(Place(owner, conversation_id))

    def conversations(self, owner: str, limit: int = 100) -> Sequence[Summary]:
        """Return the owner's conversations, last changed first; at most 1,000."""
        check_owner(owner)
        return self._list(owner, min(limit, _MOST_LISTED)) if limit > 0 else []

    def delete(self, owner: str, conversation_id: str) -> bool:
        """Forget the conversation now; a turn that is being made will not be kept. Return whether there was any."""
        return self._delete(Place(owner, conversation_id))

    @abstractmethod
    def purge(self) -> int:
        """Remove what has expired; expired conversations read as empty before, too. Return how many were removed."""

    def export(self, owner: str, conversation_id: str) -> dict[str, Any] | None:
        """Return the whole conversation as a JSON object, all turns with their times; None if there is none."""
        summary = self.summary(owner, conversation_id)
        if summary is None:
            return None
        turns = [turn.to_json() for turn in self.turns(owner, conversation_id)]
        return {**summary.to_json(), "turns": turns}

    def close(self) -> None:
        """End threads and connections; turns being made are not waited for."""
        self._renewal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # what each store does its own way; what has expired is not there

    @abstractmethod
    def _turns(self, place: Place, newest: int | None) -> Sequence[Turn]: ...

    @abstractmethod
    def _find(self, place: Place, key: str) -> Turn | None: ...

    @abstractmethod
    def _summary(self, place: Place) -> Summary | None: ...

    @abstractmethod
    def _list(self, owner: str, limit: int) -> Sequence[Summary]: ...

    @abstractmethod
    def _delete(self, place: Place) -> bool: ...

    @abstractmethod
    def _look(self, place: Place) -> tuple[Lease | None, float]:
        """Return the lease (None: no such conversation, or it has expired) and the time on the store's clock."""

    @abstractmethod
    def _swap(self, place: Place, old: Lease | None, new: Lease) -> bool:
        """Keep the new lease if the old one still stands; the conversation does not expire before the lease does.

        Where none stands, begin a conversation that expires with its lease unless a turn is kept.
        """

    @abstractmethod
    def _free(self, place: Place, token: str) -> None:
        """Return the lease back if it is the token's; a conversation without turns and waiters is gone after that."""

    @abstractmethod
    def _append(self, place: Place, token: str, draft: Draft, ttl_seconds: float | None) -> Turn:
        """Keep the turn and give the lease back, in one piece; raise TurnLost if the lease is not the token's.

        Where a turn has the draft's key, give that one instead.
        """

    # the lock, the same for all

    def _take(self, place: Place, token: str, wait_seconds: float | None) -> None:
        """Return when the turn is the token's; raise ConversationBusy when it does not become so in time."""
        granted = False
        try:
            granted = self._wait(place, token, wait_seconds)
        finally:
            if not granted and wait_seconds is not None:
                with suppress(StepError):  # its place in the queue is lost by itself
                    self._leave(place, token)
        if not granted:
            raise _busy(place, wait_seconds)

    def _wait(self, place: Place, token: str, wait_seconds: float | None) -> bool:
        ends = time.monotonic() + (wait_seconds or 0)
        while (before := self._try_acquire(place, token, queue=wait_seconds is not None)) is not None:
            remaining = ends - time.monotonic()
            if remaining <= 0:
                return False
            time.sleep(min(remaining, _LONGEST_PAUSE, _SHORTEST_PAUSE * (1 + before)))
        return True

    def _try_acquire(self, place: Place, token: str, *, queue: bool) -> int | None:
        """Try once: None when granted, else how many wait before."""
        while True:
            lease, now = self._look(place)
            new = acquire(lease or Lease(), token, now, self._lease_seconds, queue=queue)
            if new is lease or self._swap(place, lease, new):
                return None if new.holder == token else new.place_of(token)

    def _renew(self, place: Place, token: str) -> bool:
        """Return the holder more time; return whether it still is the holder."""
        while True:
            lease, now = self._look(place)
            if lease is None or lease.holder != token:
                return False
            if self._swap(place, lease, renew(lease, now, self._lease_seconds)):
                return True

    def _leave(self, place: Place, token: str) -> None:
        """Take the token out of the queue, and out of the turn if it was granted after all."""
        while (lease := self._look(place)[0]) is not None:
            new = leave(lease, token)
            if new is lease or self._swap(place, lease, new):
                return

    def _purge_now_and_then(self) -> None:
        if time.monotonic() < self._next_purge:
            return
        self._next_purge = time.monotonic() + _SECONDS_BETWEEN_PURGES
        with suppress(StepError):  # the turn is kept; tidying can wait
            self.purge()


def turn_lost_text(place: Place) -> str:
    """Return why a turn was not kept, and what to do."""
    return (
        f"Conversation {place.id!r} went on without this turn, so that the turn was not kept: it was deleted "
        "meanwhile, or this worker was cut off for so long that another one took over. Send the message again."
    )


def _busy(place: Place, wait_seconds: float | None) -> ConversationBusy:
    waited = "" if wait_seconds is None else f" after {wait_seconds:g} seconds of waiting"
    return ConversationBusy(
        f"Another message of conversation {place.id!r} is being answered{waited}. "
        "Send this one again when that is done."
    )
