"""Expressions mean what JSONata 1.8.7 means: the golden results are those of the npm package that the platform uses."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysailor.flow.document import FlowExpression, InvalidFlow, Position
from pysailor.flow.mapper import UNDEFINED, MapContext, MappingFailed, compile_expression

GOLDEN = json.loads((Path(__file__).parents[3] / "golden" / "jsonata" / "cases.json").read_text(encoding="utf-8"))
DIFFERS: dict[str, str] = {}


def evaluate(text: str, body: Any = None, context: MapContext | None = None) -> Any:
    return compile_expression(FlowExpression(text, Position("f", 3, 10))).evaluate(body, context or MapContext())


def outcome(text: str) -> dict[str, Any]:
    try:
        found = evaluate(text, json.loads(json.dumps(GOLDEN["body"])))
    except (InvalidFlow, MappingFailed):
        return {"error": True}
    return {"undefined": True} if found is UNDEFINED else {"result": found}


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["expression"])
def test_it_gives_what_the_platforms_jsonata_gives(case: dict[str, Any]) -> None:
    wanted = {name: value for name, value in case.items() if name != "expression"}
    if "error" in wanted:
        wanted = {"error": True}

    assert (outcome(case["expression"]) == wanted) is (case["expression"] not in DIFFERS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a ?? b", "f:3:13: ?? is not known on the platform; write $exists(a) ? a : b"),
        ("a ?: b", "f:3:13: ?: is not known on the platform; write a ? a : b"),
        ("$upercase(a)", "f:3:10: there is no function $upercase on the platform; did you mean $uppercase?"),
        ("$parseDateTime(a)", "there is no function $parseDateTime on the platform"),
        ("a & $x", "f:3:14: there is no variable $x on the platform"),
        ("info@acme.org", 'a text such as an address stands in "double quotes", or under set'),
        ("", "the expression is empty"),
        ("$match(a, /(x+)+$/)", "may take for ever"),
    ],
)
def test_what_the_platform_does_not_know_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(InvalidFlow) as caught:
        evaluate(text)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("($f := function($x){$f($x) + 1}; $f(1))", "D1011"),
        ("($f := function($x){$f($x)}; $f(1))", "D1012"),
        ("1 + 'a'", "T2002"),
        ("$power(10, 400)", "D3061"),
        ("1/0*0", "D1001"),
    ],
)
def test_a_failure_has_its_place_its_words_and_the_code(text: str, code: str) -> None:
    with pytest.raises(MappingFailed, match=r"^f:3:\d+: ") as caught:
        evaluate(text)

    assert caught.value.reason == code


def test_earlier_steps_and_flow_variables_are_seen() -> None:
    context = MapContext({"one": {"body": {"Ticket No": 7}}}, {"boss": "b@example.com"})

    assert evaluate('$getPassthrough().one.body."Ticket No"', {}, context) == 7
    assert evaluate('elasticio.one.body."Ticket No"', {}, context) == 7
    assert evaluate("$getFlowVariables().boss", {}, context) == "b@example.com"
    assert evaluate("$keys($)", {"a": 1, "b": 2}, context) == ["a", "b"]
    with pytest.raises(MappingFailed, match="has a member elasticio of its own"):
        evaluate("elasticio.one", {"elasticio": 1}, context)


def test_many_threads_use_one_expression() -> None:
    compiled = compile_expression(FlowExpression("($y := n; $sum([1..$y]) & '-' & $eval('1 + 1'))"))
    found: list[bool] = []

    def work(number: int) -> None:
        wanted = f"{number * (number + 1) // 2}-2"
        found.extend(compiled.evaluate({"n": number}, MapContext()) == wanted for _ in range(20))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [True] * 160


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=10,
)


@given(JSON, st.lists(st.sampled_from("abc"), min_size=1, max_size=3))
def test_a_plain_path_gives_what_the_engine_gives(body: Any, names: list[str]) -> None:
    path = ".".join(names)

    assert evaluate(path, body) == evaluate(f"({path})", body) or evaluate(f"({path})", body) is UNDEFINED


@given(JSON)
def test_a_body_comes_through_unchanged(body: Any) -> None:
    assert evaluate("{'v': v}", {"v": body}) == {"v": body}


@pytest.mark.parametrize(
    "pattern",
    ["(a|aa)*$", "(?:a|ab?)+$", "(.|x)*y", r"(\d|5)*$", "(a*){50}", "(|a)+b", "((a|a)x?)*", r"([a-z]|\w)*$"],
)
def test_a_regular_expression_that_may_take_for_ever_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidFlow, match="may take for ever"):
        evaluate(f"$match(a, /{pattern}/)")


@pytest.mark.parametrize(
    "pattern", [r"(\d+\.){3}\d+", "(cat|dog)+", r"(?<year>\d{4})-(\d\d)", r"^\s*(.*?)\s*$", "(a|b)*c", r"(\(|\))x"]
)
def test_a_regular_expression_that_ends_is_taken(pattern: str) -> None:
    evaluate(f"$contains('abc', /{pattern}/)")


@pytest.mark.parametrize(
    "text",
    [
        '$pad("a", 1000000000)',
        '($f := function($s, $n){$n = 0 ? $s : $f($s & $s, $n - 1)}; $f("aaaaaaaa", 40))',
        "($f := function($s, $n){$n = 0 ? $s : $f($append($s, $s), $n - 1)}; $f([1..1000], 40))",
    ],
)
def test_an_expression_cannot_fill_the_memory(text: str) -> None:
    with pytest.raises(MappingFailed, match=r"too large; at most 16777216 characters|takes too long"):
        evaluate(text)
