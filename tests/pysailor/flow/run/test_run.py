"""Messages go through a flow as its file says: ways, mappers, passthrough, tries, errors."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from pysailor.flow.run import FlowRun, FlowStopped

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def bodies(path: Path, step: str) -> list[Any]:
    return [entry["result"]["body"] for entry in read(path / "results.jsonl") if entry["step"] == step]


def test_what_the_trigger_gives_goes_through_all_steps(flow: Any, run: Any) -> None:
    made = flow(
        "  a: {run: 'w:numbers', fields: {count: 4}}\n"
        "  b: {run: 'w:work', after: a}\n"
        "  c: {run: 'w:work', after: b, map: {n: n * 2, first: '$getPassthrough().a.body.text', by: by}}\n"
    )

    outcome, path = run(made)

    assert outcome == "done"
    assert sorted(bodies(path, "c"), key=lambda body: body["n"]) == [
        {"n": 2 * n, "first": f"row {n}", "by": "work"} for n in (1, 2, 3, 4)
    ]
    assert [(entry["message"], entry["step"], entry["outcome"]) for entry in read(path / "ledger.jsonl")][:1] == [
        ("1", "b", "done")
    ]


def test_every_true_way_gets_a_copy_and_the_rest_goes_otherwise(flow: Any, run: Any) -> None:
    made = flow(
        "  a: {run: 'w:numbers', fields: {count: 6}}\n"
        "  r: {run: 'w:work', after: a}\n"
        "  big: {run: 'w:work', after: {r: n > 3}}\n"
        "  even: {run: 'w:work', after: {r: n % 2 = 0}}\n"
        "  rest: {run: 'w:work', after: {r: otherwise}}\n"
    )

    _, path = run(made)

    found = {step: sorted(body["n"] for body in bodies(path, step)) for step in ("big", "even", "rest")}
    assert found == {"big": [4, 5, 6], "even": [2, 4, 6], "rest": [1, 3]}


def test_a_message_that_no_way_takes_is_counted(flow: Any, plan: Any, tmp_path: Path) -> None:
    made = flow("  a: {run: 'w:numbers'}\n  r: {run: 'w:work', after: a}\n  x: {run: 'w:work', after: {r: n > 2}}\n")
    (tmp_path / "run").mkdir()
    running = FlowRun(plan(made), tmp_path / "run", "r")

    assert running.run() == "done"
    assert running.stages["r"].tally.dropped == 2


@pytest.mark.parametrize(
    ("steps", "at", "code"),
    [
        ("  b: {run: 'w:work', after: a, map: {n: text + 1}}\n", "mapper:a:b", "mapping_failed"),
        ("  b: {run: 'w:work', after: a, fields: {fail: 2}}\n", "b", "invalid_input"),
        ("  b: {run: 'w:work', after: a}\n  c: {run: 'w:work', after: {b: text}}\n", "b", "condition_not_boolean"),
    ],
)
def test_an_error_is_kept_with_its_stage_and_the_flow_goes_on(
    flow: Any, run: Any, steps: str, at: str, code: str
) -> None:
    outcome, path = run(flow("  a: {run: 'w:numbers', fields: {count: 2}}\n" + steps))

    error = read(path / "errors.jsonl")[-1]
    assert outcome == "failed"
    assert (error["step"], error["code"], error["message"]) == (at, code, error["message"])
    assert error["input"]["n"] == 2


def test_the_error_handler_gets_every_error(flow: Any, run: Any) -> None:
    made = flow(
        "  a: {run: 'w:numbers'}\n  b: {run: 'w:work', after: a, fields: {fail: 2}}\n",
        "on_error: {run: 'w:work', map: {text: 'name & \": \" & message & \" at \" & step', n: input.n}}\n",
    )

    _, path = run(made)

    (body,) = bodies(path, "error_handler")
    assert body == {"text": "InvalidInput: /n: this number is not liked at b", "n": 2, "by": "work"}


def test_an_error_is_routed_to_the_step_that_is_set(flow: Any, run: Any) -> None:
    made = flow(
        "  a: {run: 'w:numbers'}\n"
        "  b: {run: 'w:work', after: a, fields: {fail: 2}, local: {on_error: {route: lost}}}\n"
        "  lost: {run: 'w:work', map: {n: input.n}}\n"
    )

    _, path = run(made)

    assert bodies(path, "lost") == [{"n": 2, "by": "work"}]


def test_an_error_stops_the_flow_where_that_is_set(flow: Any, run: Any) -> None:
    made = flow("  a: {run: 'w:numbers', fields: {count: 500}}\n"
                "  b: {run: 'w:work', after: a, fields: {fail: 2}, local: {on_error: stop}}\n")  # fmt: skip

    with pytest.raises(FlowStopped, match="message 2 failed at b, which stops the flow"):
        run(made)


def test_what_may_pass_is_tried_again(flow: Any, run: Any, tmp_path: Path) -> None:
    retry = "local: {retry: {times: 2, wait: 1ms}}"
    tag = str(tmp_path)
    made = flow(
        "  a: {run: 'w:numbers', fields: {count: 2}}\n"
        f"  b: {{run: 'w:work', after: a, fields: {{tag: '{tag}b', busy: 2}}, {retry}}}\n"
        f"  c: {{run: 'w:work', after: b, fields: {{tag: '{tag}c', rebound: 3}}, {retry}}}\n"
    )

    outcome, path = run(made)

    assert outcome == "done"
    assert {(entry["step"], entry["tries"]) for entry in read(path / "ledger.jsonl")} == {("b", 3), ("c", 4)}


def test_a_step_that_does_not_let_go_fails_the_message_alone(flow: Any, run: Any) -> None:
    made = flow(
        "  a: {run: 'w:numbers', fields: {count: 1}}\n"
        "  b: {run: 'w:work', after: a, fields: {seconds: 30}, local: {timeout: 10ms}}\n"
    )

    outcome, path = run(made)

    assert outcome == "failed"
    assert [entry["code"] for entry in read(path / "errors.jsonl")] == ["step_timeout"]


def test_what_is_read_comes_in_place_of_the_trigger(flow: Any, run: Any) -> None:
    made = flow("  a: {run: 'w:numbers'}\n  b: {run: 'w:work', after: a}\n")

    _, path = run(made, [{"n": 7}, {"n": 8}])

    assert sorted(body["n"] for body in bodies(path, "b")) == [7, 8]


def test_passthrough_is_dropped_where_that_is_set(flow: Any, run: Any) -> None:
    made = flow(
        "  a: {run: 'w:numbers', fields: {count: 1}}\n"
        "  b: {run: 'w:work', after: a, tune: {passthrough: false}}\n"
        "  c: {run: 'w:work', after: b, map: {text: '$join($keys($getPassthrough()), \",\")'}}\n"
    )

    _, path = run(made)

    assert bodies(path, "c")[0]["text"] == "b"


def test_what_nobody_foresaw_fails_the_message_alone(flow: Any, run: Any) -> None:
    made = flow("  a: {run: 'w:numbers'}\n  b: {run: 'w:work', after: a, fields: {interrupt: 2}}\n")

    outcome, path = run(made)

    assert outcome == "failed"
    assert [(entry["name"], entry["code"]) for entry in read(path / "errors.jsonl")] == [
        ("KeyboardInterrupt", "defect")
    ]
    assert sorted(body["n"] for body in bodies(path, "b")) == [1, 3]


def test_calls_are_counted_in_the_ledger(flow: Any, run: Any) -> None:
    made = flow("  a: {run: 'w:numbers', fields: {count: 1}}\n  b: {run: 'w:work', after: a, fields: {call: true}}\n")

    _, path = run(made)

    (entry,) = read(path / "ledger.jsonl")
    assert entry["units"] == {"input_tokens": 3, "output_tokens": 2}
    assert entry["cost"] == {"USD": "0.001"}
    assert entry["calls"] == entry["attempts"] == 1


CIRCLE = (
    "  a: {run: 'w:numbers', fields: {count: 30}}\n"
    "  b: {run: 'w:work', after: a, map: {n: '1'}, fields: {fail: 1}, local: {on_error: {route: one}}}\n"
    "  one: {run: 'w:work', map: {n: '2'}, fields: {fail: 2}, local: {on_error: {route: two}}}\n"
    "  two: {run: 'w:work', map: {n: '3'}, fields: {fail: THREE, seconds: 0.002}, local: {on_error: {route: one}}}\n"
    "  last: {run: 'w:work', after: two}\n"
)


def test_a_circle_of_routes_ends_when_nothing_moves_any_more(flow: Any, run: Any) -> None:
    outcome, path = run(flow(CIRCLE.replace("THREE", "0")))

    assert outcome == "failed"
    assert len(bodies(path, "last")) == 30


def test_what_fails_again_and_again_goes_round_a_circle_so_often_and_no_more(flow: Any, run: Any) -> None:
    made = flow(CIRCLE.replace("THREE", "3").replace("count: 30", "count: 2").replace("seconds: 0.002", "seconds: 0.0"))

    _, path = run(made)

    failures = Counter(line["step"] for line in read(path / "errors.jsonl"))
    assert failures["b"] == 2
    assert failures["one"] == 2 * 21
    assert bodies(path, "last") == []
