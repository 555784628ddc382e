"""A step under chaos: workers are killed, broker, network, API and journal fail; and the count at the end."""

from __future__ import annotations

import resource
import subprocess
import threading
import time
from collections import defaultdict
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lib.replay import MAY_REPEAT
from pysailor import open_store
from pysailor.journal.fate import Fate, Record
from tests.support.broker import Cable, eventually
from tests.support.chaos_api import LATE_SECONDS, ChaosApi
from tests.support.stage import CIPHER, Taken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.stage import Stage, StartedWorker

ROOT = Path(__file__).parents[2]
STOPS_WITHIN = 10.0
_AWAY = 2.0
_CTL_TRIES = 4


@dataclass(slots=True)
class Outcome:
    """What came out for one message."""

    names: set[str] = field(default_factory=set)
    count: int = 0
    reported: bool = False
    replayed: bool = False
    failed: bool = False


@dataclass
class Chaos:
    """One run. `kills` are the moments of each kill; `resumed` how long it took until messages went on.

    `answered` is what the journal had an answer to at each kill, by the content of its messages.
    """

    stage: Stage
    api: ChaosApi
    cable: Cable
    journal: str
    clock: Path
    pool: str = "threads"
    kills: list[float] = field(default_factory=list)
    answered: list[set[str]] = field(default_factory=list)
    resumed: dict[str, float] = field(default_factory=dict)
    found: dict[int, Outcome] = field(default_factory=lambda: defaultdict(Outcome))
    _taken: int = 0
    ids: dict[int, str] = field(default_factory=dict)
    contents: dict[int, str] = field(default_factory=dict)
    workers: list[StartedWorker] = field(default_factory=list)
    fakes_clock: bool = False

    def fill(self, count: int, first: int = 0) -> None:
        """Put messages into the queue, every fifth wants a stream."""
        for number in range(first, first + count):
            body = {"messages": [{"role": "user", "content": f"number {number}"}], "stream": number % 5 == 0}
            content = CIPHER.encode({"body": body})
            self.contents[number] = blake2b(content, digest_size=16).hexdigest()
            self.ids[number] = self.stage.put(content, {"threadId": f"thread-{number}"})

    def start(self) -> StartedWorker:
        """Start a worker, and return when it consumes."""
        env = self.stage.env(
            FUNCTION="sendRequest",
            AMQP_URI=self.cable.uri,
            RABBITMQ_PREFETCH_SAILOR="20",
            REBOUND_INITIAL_EXPIRATION="200",
            PYSAILOR_JOURNAL=self.journal,
            PYSAILOR_POOL=self.pool,
            PYSAILOR_JOURNAL_FAILURE="wait",
            PYSAILOR_SHUTDOWN_DEADLINE=str(STOPS_WITHIN),
        )
        if self.fakes_clock:
            env |= {"PYTHONPATH": str(ROOT / "tests" / "support" / "jumping_clock"), "JUMPING_CLOCK": str(self.clock)}
        worker = self.stage.start(env, cwd=ROOT)
        self.workers.append(worker)
        return worker.__enter__()

    @property
    def worker(self) -> StartedWorker:
        """The one that works now."""
        return self.workers[-1]

    @property
    def progress(self) -> int:
        """How many messages have come out, those that came twice counted twice."""
        return self._taken + self.stage.count("data") + self.stage.count("error")

    def wait(self, count: int) -> None:
        """Return when so many are out."""
        self._wait_until(lambda: self.progress >= count)

    def _wait_until(self, claim: Callable[[], bool]) -> None:
        try:
            eventually(claim, within=180)
        except pytest.fail.Exception:
            raise AssertionError(self.describe()) from None

    def describe(self) -> str:
        """Return where the run stands, for whoever must find out why it does not go on."""
        counts = {route: self.stage.count(route) for route in ("in", "data", "error", "rebound")}
        said = "\n".join(str(line) for line in self.worker.lines[-15:])
        asked = sum(map(len, self.api.asks.values()))
        return f"{counts}, {asked} asked, {len(self.kills)} kills, resumed {self.resumed}; the worker:\n{said}"

    def kill(self) -> None:
        """Kill the worker and start the next one."""
        self.worker.process.kill()
        self.kills.append(time.monotonic())
        self.worker.end()
        self.answered.append(self._journaled())
        with self._timing("kill -9, with the start of the next worker"):
            self.start()

    def _journaled(self) -> set[str]:
        """Return what names the messages whose answer the journal has, among other parts of its keys."""
        with open_store(self.journal) as store:
            kept = [key for key, record in store.scan("journal/") if Record.read(record).fate is Fate.ANSWERED]
        return {content for key in kept for content in key.split("/")}

    @contextmanager
    def _timing(self, what: str) -> Iterator[None]:
        """Note how long it takes, with the block, until a further message comes out."""
        back, before = time.monotonic(), self.progress
        yield
        self._wait_until(lambda: self.progress > before)
        self.resumed[what] = max(self.resumed.get(what, 0.0), time.monotonic() - back)

    def restart_broker(self) -> None:
        """Have the broker away for some seconds."""
        self._ctl("stop_app")
        _rest()
        self._ctl("start_app")
        self.stage.reconnect()
        with self._timing("broker restarted"):
            pass

    def _ctl(self, *args: str) -> None:
        """Run rabbitmqctl; on a busy machine the node may not answer it in time."""
        for _ in range(_CTL_TRIES - 1):
            with suppress(pytest.fail.Exception, subprocess.TimeoutExpired):
                self.stage.rabbit.ctl(*args)
                return
        self.stage.rabbit.ctl(*args)

    def raise_alarm(self) -> None:
        """Have the broker take no messages for some seconds."""
        self._ctl("set_disk_free_limit", str(10**15))
        _rest()
        self._ctl("set_disk_free_limit", str(50 * 10**6))
        with self._timing("broker's alarm"):
            pass

    def outage(self, what: str, happen: Callable[[], None]) -> None:
        """Have something be away, and come back."""
        happen()
        with self._timing(what):
            pass

    def swallow(self) -> None:
        """Have the network lose what is sent, unnoticed, for some seconds; then the connections break."""
        self.cable.swallow()
        _rest()
        self.cable.cut()
        with self._timing("network swallowed packets"):
            pass

    def fill_disk(self) -> None:
        """Have no file of the worker grow for some seconds."""
        pid, endless = self.worker.process.pid, resource.RLIM_INFINITY
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, endless))
        _rest()
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (endless, endless))
        with self._timing("journal's disk full"):
            pass

    def jump(self, seconds: float) -> None:
        """Have the clock of a worker jump while it works."""
        self.clock.write_text("0")
        self.fakes_clock = True
        self.kill()
        self.clock.write_text(str(seconds))
        with self._timing(f"clock jumped by {seconds / 3600:+g} h"):
            pass
        self.fakes_clock = False

    def stop(self) -> float:
        """Ask the worker to stop; return how long it took."""
        began = time.monotonic()
        self.worker.process.terminate()
        self.worker.end(within=STOPS_WITHIN + 60)
        return time.monotonic() - began

    def collect(self) -> dict[int, Outcome]:
        """Take what came out by now; return all that did, by message."""
        for route in ("data", "error"):
            while (got := self.stage.channel.basic_get(f"{self.stage.name}.{route}", auto_ack=True))[0] is not None:
                self._taken += 1
                self._note(route, Taken(got[2], got[1].headers, got[1]))
        return self.found

    def _note(self, route: str, taken: Taken) -> None:
        body = taken.body if route == "data" else taken.error_input()["body"]
        number = int(body["id"][1:]) if route == "data" else int(body["messages"][0]["content"].split()[-1])
        outcome = self.found[number]
        outcome.count += 1
        outcome.names.add(taken.headers["x-pysailor-event-id"])
        outcome.failed |= route == "error"
        outcome.replayed |= "x-pysailor-replayed" in taken.headers
        told = body["result"]["warnings"] if route == "data" else [taken.error()["message"]]
        outcome.reported |= any(MAY_REPEAT in text for text in told)

    def explain(self, number: int) -> str:
        """Return what is known of a message that went wrong, with times from the first kill on."""
        began, name = self.kills[0], self.ids[number]
        asks = [(ask.fault, ask.came - began, ask.answered and ask.answered - began) for ask in self.api.asks[number]]
        said = [f"worker {place}: {line['msg']}" for place, line in self._lines() if line.get("messageId") == name]
        return f"{number}: {asks}, {self.found[number]}, {[kill - began for kill in self.kills]}, {said}"

    def _lines(self) -> Iterator[tuple[int, dict[str, Any]]]:
        return ((place, line) for place, worker in enumerate(self.workers) for line in worker.lines)

    def reported(self) -> set[int]:
        """Return the messages of which a result or the log says that they may have been paid for twice."""
        numbers = {name: number for number, name in self.ids.items()}
        lines = [line for _, line in self._lines() if line.get("unknown_fates")]
        return {numbers[line["messageId"]] for line in lines} | {n for n, each in self.found.items() if each.reported}

    def paid_twice(self) -> dict[int, bool]:
        """Return the messages billed again after a kill, and whether the journal had the answer when that came."""
        found: dict[int, bool] = {}
        for number, asks in self.api.asks.items():
            billed = [ask for ask in asks if ask.is_billed]
            for one, other in pairwise(billed):
                between = [place for place, kill in enumerate(self.kills) if one.came <= kill <= other.came]
                if between:
                    known = self.contents[number] in self.answered[between[0]]
                    found[number] = found.get(number, False) or known
        return found

    def retried(self) -> int:
        """Return how many messages were billed twice without a kill between: a worker tried again."""
        twice = [number for number, asks in self.api.asks.items() if sum(ask.is_billed for ask in asks) > 1]
        return len(set(twice) - self.paid_twice().keys())


def _rest() -> None:
    threading.Event().wait(_AWAY)


def sequence(chaos: Chaos, moments: dict[int, list[Callable[[], None]]]) -> None:
    """Do each of it when so many messages are out."""
    for count, actions in sorted(moments.items()):
        chaos.wait(count)
        for act in actions:
            act()


def settings(api: ChaosApi) -> dict[str, Any]:
    """Return the step's settings."""
    return {"apiKey": "key", "baseUrl": api.url, "model": "gpt-4.1", "timeout": LATE_SECONDS - 1, "maxRetries": 3}
