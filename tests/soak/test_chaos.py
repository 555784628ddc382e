"""Everything breaks while 2,000 messages go through: nothing is lost, and nothing is paid for twice unsaid."""

from __future__ import annotations

import signal
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.broker import Cable, eventually
from tests.support.chaos import STOPS_WITHIN, Chaos, sequence, settings
from tests.support.chaos_api import ChaosApi
from tests.support.servers import restartable_postgresql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.stage import Stage

    Tell = Callable[[str], None]

pytestmark = pytest.mark.soak

SEED = 2026
MESSAGES, KILLS, SLOW = 2000, 20, 60
FEWER = 600
MACHINE = 10.0
"""Seconds that a busy machine may add to the end of a process."""
RESUMES = 20.0
"""Seconds: five, and what a machine adds that has other work."""


@contextmanager
def chaos(stage: Stage, journal: str, folder: Path, pool: str = "threads") -> Iterator[Chaos]:
    with ExitStack() as stack:
        api = stack.enter_context(ChaosApi(SEED))
        cable = stack.enter_context(Cable(stage.rabbit.uri))
        stage.platform.step = {"config": settings(api)}
        stage.channel.queue_delete(f"{stage.name}.rebound")
        stage.declare("rebound", **{"x-dead-letter-exchange": "", "x-dead-letter-routing-key": stage.queue})
        yield Chaos(stage, api, cable, journal, folder / "clock", pool)


def finish(run: Chaos, count: int) -> float:
    """Wait for the rest, and stop the worker while it has slow calls in work; return how long that took."""
    run.api.faultless = True
    eventually(lambda: len(run.collect()) >= count, within=300)
    run.api.latency = 1.0
    run.fill(SLOW, count)
    eventually(lambda: len(run.api.asks) >= count + SLOW // 4)
    took = run.stop()
    run.start()
    eventually(lambda: len(run.collect()) >= count + SLOW, within=300)
    run.stop()
    run.collect()
    return took


def count_up(run: Chaos, count: int, stopped: float) -> list[tuple[str, str, bool]]:
    """Return what was counted, in words, and whether it is as promised."""
    found, twice = run.found, run.paid_twice()
    lost = set(range(count)) - found.keys()
    again = [each for each in found.values() if each.count > 1]
    unnamed = [each for each in again if len(each.names) > 1]
    known = {number for number, is_known in twice.items() if is_known}
    silent = twice.keys() - run.reported()
    return [
        ("messages", f"{count}; {sum(each.failed for each in found.values())} failed by the API's faults", True),
        ("workers killed with kill -9", f"{len(run.kills)}", True),
        ("lost", f"{len(lost)}", not lost),
        ("passed on twice, by one name", f"{len(again) - len(unnamed)}", True),
        ("passed on twice, by different names", f"{len(unnamed)}", not unnamed),
        ("answers given again, without paying", f"{sum(each.replayed for each in found.values())}", True),
        ("paid for twice, in flight at a kill", f"{len(twice) - len(known)}", True),
        ("paid for twice, though the journal knew the answer", f"{len(known)}", not known),
        ("paid for twice, and not reported", f"{len(silent)}", not silent),
        ("asked again by the same worker after a lost answer, told in its tries", f"{run.retried()}", True),
        *((f"goes on after: {what}", f"{seconds:.1f} s", seconds <= RESUMES) for what, seconds in run.resumed.items()),
        ("stops with calls in work", f"{stopped:.1f} s of {STOPS_WITHIN:g}", stopped <= STOPS_WITHIN + MACHINE),
    ]


def check(run: Chaos, count: int, tell: Tell) -> None:
    stopped = finish(run, count)
    rows = count_up(run, count + SLOW, stopped)
    tell("\n".join(["", "| counted | found |", "|---|---|", *(f"| {what} | {found} |" for what, found, _ in rows)]))
    assert set().union(*run.answered) & set(run.contents.values()), "the journal's keys are read wrongly"
    wrong = run.paid_twice().keys() - run.reported()
    assert [what for what, _, is_kept in rows if not is_kept] == [], "\n".join(map(run.explain, wrong))


@pytest.mark.parametrize("pool", ["threads", "greenlets"])
def test_everything_that_can_break_does(stage: Stage, tmp_path: Path, tell: Tell, pool: str) -> None:
    if pool == "greenlets":
        pytest.importorskip("gevent")
    with chaos(stage, f"sqlite:///{tmp_path / 'journal.sqlite'}", tmp_path, pool) as run:
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


def test_a_journal_whose_database_restarts_knows_its_answers(stage: Stage, tmp_path: Path, tell: Tell) -> None:
    with restartable_postgresql() as (url, restart), chaos(stage, url, tmp_path) as run:
        run.fill(FEWER)
        run.start()
        every = FEWER // 8
        moments: dict[int, list[Callable[[], None]]] = {every * number: [run.kill] for number in range(1, 7)}
        moments[every * 2].append(lambda: run.outage("journal's database restarted", restart))
        moments[every * 5].insert(0, lambda: run.outage("journal's database restarted", restart))
        sequence(run, moments)
        check(run, FEWER, tell)
