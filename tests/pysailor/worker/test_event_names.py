"""Whatever goes out for an input has a name, the same one when the input is brought again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pysailor.wire.envelope import Delivery
from pysailor.wire.headers import EVENT_ID
from pysailor.worker.emitter import event_headers
from tests.support.worker_bench import Bench, order

if TYPE_CHECKING:
    from collections.abc import Mapping

REPLY = {"reply_to": "waiting"}
NAMED = {EVENT_ID: "11111111-2222-5333-8444-555555555555"}


def names(do: str, headers: dict[str, Any], body: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    """Return where each publish went, and under which name."""
    bench = Bench()
    with bench.worker() as worker:
        bench.settled(bench.begin(worker, order(do, headers, **body)))
    return [(each.routing_key, each.headers.get(EVENT_ID)) for each in bench.transport.published]


@pytest.mark.parametrize("headers", [{}, NAMED], ids=["of another sailor", "of ours"])
@pytest.mark.parametrize(
    ("do", "body", "routes"),
    [
        ("many", {"times": 3}, ["to.data", "to.data", "to.data"]),
        ("remember", {}, ["to.snapshot", "to.data"]),
        ("replace", {}, ["to.snapshot", "to.data"]),
        ("reply", {}, ["waiting"]),
        ("fail", {}, ["to.error", "waiting"]),
        ("crash", {}, ["to.error", "waiting"]),
        ("rebound", {}, ["to.rebound"]),
    ],
)
def test_every_event_has_a_name_that_is_the_same_the_next_time(
    do: str, body: dict[str, Any], routes: list[str], headers: dict[str, str]
) -> None:
    first, again = (names(do, {**REPLY, **headers}, body) for _ in range(2))
    assert first == again
    assert [route for route, _ in first] == routes
    assert all(name for _, name in first)
    if routes != ["to.error", "waiting"]:  # an error and its copy for whoever waits are one event
        assert len(set(first)) == len(first) == len({name for _, name in first})


def test_a_copy_that_is_put_off_keeps_the_name_that_its_input_came_with() -> None:
    assert names("rebound", dict(NAMED), {}) == [("to.rebound", NAMED[EVENT_ID])]


@pytest.mark.parametrize("begins", ["", " ", "\r\n", "\t"])
def test_inputs_in_plain_that_end_alike_are_told_apart(begins: str) -> None:
    ends = ',"ends":"' + "x" * 100 + '"}}'
    contents = [f'{begins}{{"body":{{"number":{number}{ends}'.encode() for number in (1, 2)]
    made = [event_headers(Delivery(1, content, {"messageId": "m"}, {}), "step")() for content in contents]
    assert made[0] != made[1]
