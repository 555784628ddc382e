"""Everything breaks while 2,000 messages go through: nothing is lost, and nothing is paid for twice unsaid."""

from __future__ import annotations

import signal
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.broker import Cable, eventually
from tests.support.chaos import STOPS_WITHIN, Chaos, sequence, settings
from tests.support.chaos_api import ChaosApi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.stage import Stage

    Tell = Callable[[str], None]

pytestmark = pytest.mark.soak

SEED = 2026
MESSAGES, KILLS = 2000, 20
COMMIT = 0.25
"""Seconds in which an answer may not be in the journal yet: 20 ms, and what a busy machine adds."""


@contextmanager
def chaos(stage: Stage, journal: str, folder: Path) -> Iterator[Chaos]:
    with ExitStack() as stack:
        api = stack.enter_context(ChaosApi(SEED))
        cable = stack.enter_context(Cable(stage.rabbit.uri))
        stage.platform.step = {"config": settings(api)}
        stage.channel.queue_delete(f"{stage.name}.rebound")
        stage.declare("rebound", **{"x-dead-letter-exchange": "", "x-dead-letter-routing-key": stage.queue})
        yield Chaos(stage, api, cable, journal, folder / "clock")


def finish(run: Chaos, count: int) -> float:
    """Wait for the rest, and stop the worker while it has slow calls in work; return how long that took."""
    eventually(lambda: run.progress >= count and not run.stage.count("in"), within=60)
    run.api.calm, run.api.latency = True, 1.0
    run.fill(60, count)
    eventually(lambda: len(run.api.asks) >= count + 15)
    took = run.stop()
    run.start()
    eventually(lambda: run.progress >= count + 60, within=60)
    run.stop()
    return took


def judge(run: Chaos, count: int, stopped: float) -> list[tuple[str, str, bool]]:
    """Return what was counted, in words, and whether it is as promised."""
    outcomes = run.outcomes()
    lost = set(range(count)) - outcomes.keys()
    unnamed = [number for number, each in outcomes.items() if each.count > 1 and len(each.names) > 1]
    twice = run.paid_twice()
    silent = [number for number in twice if not outcomes[number].reported]
    known = [number for number, gap in twice.items() if gap > COMMIT]
    slowest = max(run.resumed, key=lambda each: each[1])
    out_twice = sum(each.count > 1 for each in outcomes.values())
    failed = sum(each.failed for each in outcomes.values())
    return [
        ("messages", f"{count}, of which {failed} failed as the API made them", True),
        ("kills of the worker (kill -9)", f"{len(run.kills)}", True),
        ("lost", f"{len(lost)}", not lost),
        ("passed on twice, by the same name", f"{out_twice - len(unnamed)}", True),
        ("passed on twice, by different names", f"{len(unnamed)}", not unnamed),
        ("paid twice, in flight at a kill", f"{len(twice) - len(known)}", True),
        ("paid twice, though the journal knew the answer", f"{len(known)}", not known),
        ("paid twice, and not reported", f"{len(silent)}", not silent),
        ("billed again by a further try of the same worker", f"{run.retried()}", True),
        ("slowest to go on after a fault", f"{slowest[1]:.1f} s ({slowest[0]})", slowest[1] <= 5),
        ("stops with calls in work", f"{stopped:.1f} s", stopped <= STOPS_WITHIN + 1),
    ]


def check(run: Chaos, count: int, tell: Tell) -> None:
    stopped = finish(run, count)
    rows = judge(run, count + 60, stopped)
    tell("\n".join(["", "| counted | found |", "|---|---|", *(f"| {what} | {found} |" for what, found, _ in rows)]))
    assert [what for what, _, is_kept in rows if not is_kept] == []


def test_everything_that_can_break_does(stage: Stage, tmp_path: Path, tell: Tell) -> None:
    with chaos(stage, f"sqlite:///{tmp_path / 'journal.sqlite'}", tmp_path) as run:
        run.fill(MESSAGES)
        run.start()
        every = MESSAGES // (KILLS + 2)
        moments: dict[int, list[Callable[[], None]]] = {every * number: [run.kill] for number in range(1, KILLS + 1)}
        moments[every * 4].append(run.restart_broker)
        moments[every * 7].append(run.raise_alarm)
        moments[every * 9].append(run.fill_disk)
        moments[every * 11].append(run.swallow)
        moments[every * 13] = [lambda: run.jump(3 * 3600)]
        moments[every * 15] = [lambda: run.jump(-2 * 3600)]
        moments[every * 17].append(run.restart_broker)
        sequence(run, moments)
        check(run, MESSAGES, tell)
        assert len(run.kills) == KILLS
        assert all(worker.process.returncode in (0, -signal.SIGKILL) for worker in run.workers)
