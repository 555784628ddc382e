"""Filter, splitter and transform: JSONata as the platform has it, JavaScript's idea of true, groups that survive."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from pysailor import Context, Data, InvalidConfig, InvalidInput, Message, StepError
from pysailor.component.builtin import locate_builtin
from pysailor.component.component import Component
from pysailor.component.fields import bind
from pysailor.testing import run_step

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = {"filter": "SimpleJSONataFilter", "jsonata": "transform", "splitter": "splitOnJsonataExpression"}


def bodies(component: str, expression: str, body: Any, **cfg: Any) -> list[Any]:
    events = run_step(locate_builtin(component), STEPS[component], body, cfg={"expression": expression, **cfg})
    return [event.message.body for event in events if isinstance(event, Data)]


@pytest.mark.parametrize(
    ("expression", "passes"),
    [
        ("true", True),
        ("'false'", True),
        ("[]", True),
        ("{}", True),
        ("1", True),
        ("''", False),
        ("0", False),
        ("null", False),
        ("missing", False),
        ("false", False),
        ("total > 100", True),
        ("$exists(elasticio)", True),
    ],
)
def test_true_is_what_javascript_takes_for_true(expression: str, passes: bool) -> None:
    assert bodies("filter", expression, {"total": 120}) == ([{"total": 120}] if passes else [])


def test_a_filter_can_be_an_assertion_and_add_its_result() -> None:
    with pytest.raises(StepError, match="does not satisfy the filter: total > 100"):
        bodies("filter", "total > 100", {"total": 7}, assertion=True)
    assert bodies("filter", "total", {"total": 7}, addMetadataToResponse=True) == [
        {"total": 7, "addedMetadata": {"result": 7}}
    ]


@pytest.mark.parametrize(
    ("expression", "made"),
    [
        ('{"a": n, "b": missing, "c": nul}', [{"a": 7, "c": None}]),
        ('[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        ('{"a": n / 0}', []),
        ("n", []),
        ("{}", []),
        ("null", []),
        ('{"a": items.sku, "b": one.sku}', [{"a": ["a", "b"], "b": "x"}]),
        ('{"a": "Ticket No" & `Ticket No`}', [{"a": "Ticket No9"}]),
    ],
)
def test_what_an_expression_gives_makes_messages(expression: str, made: list[Any]) -> None:
    body = {"n": 7, "nul": None, "items": [{"sku": "a"}, {"sku": "b"}], "one": [{"sku": "x"}], "Ticket No": "9"}
    assert bodies("jsonata", expression, body) == made


@pytest.mark.parametrize(
    ("expression", "error", "told"),
    [
        ("a +", InvalidConfig, "/expression: is not JSONata"),
        ("", InvalidConfig, "missing"),
        ("a ?? b", InvalidConfig, r"has \?\?, which JSONata 1\.8\.7 on the platform does not know"),
        ("(" * 5000, InvalidConfig, "/expression: "),
        ("ns + 1", StepError, r"ns \+ 1: "),
        ("$nothing()", StepError, "nothing"),
        ("($f := function($n) {$f($n + 1)}; $f(1))", StepError, "f"),
        ("$sum([1..10000000000])", StepError, "sum"),
    ],
)
def test_what_is_wrong_with_an_expression_is_told(expression: str, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        bodies("jsonata", expression, {"ns": "7"})


def test_newer_operators_within_texts_are_texts() -> None:
    assert bodies("jsonata", '{"a": "what??" & \'?:\', "b": a /* ?? */}', {"a": 1}) == [{"a": "what???:", "b": 1}]


def test_expressions_see_earlier_steps_and_variables() -> None:
    loaded = Component(locate_builtin("jsonata")).function("transform")
    text = '{"a": $getPassthrough().first.body.x, "b": elasticio.first.body.x, "c": $getFlowVariables().boss}'
    message = Message(body={}, passthrough={"first": {"body": {"x": 1}}})
    context = Context(flow_variables={"boss": "Ann"})
    made = loaded.get_function("process")(message, bind(loaded.fields, {"expression": text}), {}, context)
    assert [each.body for each in made] == [{"a": 1, "b": 1, "c": "Ann"}]


def test_threads_share_an_expression() -> None:
    loaded = Component(locate_builtin("jsonata")).function("transform")
    settings, context = bind(loaded.fields, {"expression": '{"a": n}'}), Context()
    process: Callable[..., Any] = loaded.get_function("process")

    def run(number: int) -> Any:
        return [each.body["a"] for each in process(Message(body={"n": number}), settings, {}, context)]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(run, range(200))) == [[number] for number in range(200)]


@pytest.mark.parametrize(
    ("value", "made"),
    [
        ([{"a": 1}, {}, {"a": 2}], [{"a": 1}, {}, {"a": 2}]),
        ({"a": 1}, [{"a": 1}]),
        ([], []),
        ([None, 0, "", {"a": 1}], [{"a": 1}]),
        (None, []),
    ],
)
def test_a_splitter_makes_a_message_of_each_object(value: Any, made: list[Any]) -> None:
    assert bodies("splitter", "x", {"x": value}) == made


@pytest.mark.parametrize("value", [[1], 7, "text", [{"a": 1}, "x"]])
def test_a_splitter_takes_objects_only(value: Any) -> None:
    with pytest.raises(InvalidInput, match="Splitting arrays of objects only!"):
        bodies("splitter", "x", {"x": value})


class Groups:
    """The step that puts groups together, with one store for all its messages."""

    def __init__(self, **cfg: Any) -> None:
        loaded = Component(locate_builtin("splitter")).function("reassemble")
        self._process = loaded.get_function("process")
        self._cfg = bind(loaded.fields, cfg)
        self._context = Context()

    def send(self, identity: str, **body: Any) -> Any:
        made = self._process(Message(body={"messageId": identity, **body}), self._cfg, {}, self._context)
        return None if made is None else made.body


def test_a_group_is_complete_by_its_size() -> None:
    groups = Groups()
    assert groups.send("1", groupId="a", groupSize=2, messageData="x") is None
    assert groups.send("1", groupId="a", groupSize=2, messageData="x") is None
    assert groups.send("1", groupId="b", groupSize=2, messageData="z") is None
    assert groups.send("2", groupId="a", groupSize=2, messageData="y") == {
        "groupSize": 2,
        "groupId": "a",
        "messageData": {"1": "x", "2": "y"},
    }


def test_a_group_is_complete_by_time() -> None:
    groups = Groups(mode="timeout", emitAsArray=True)
    made: list[Any] = []
    first = threading.Thread(
        target=lambda: made.append(groups.send("1", groupId="a", timersec=300, messageData="x")), daemon=True
    )
    first.start()
    while groups.send("2", groupId="a", timersec=300, messageData="y") is not None:
        first.join(0.01)
    first.join(60)
    assert sorted(made[0]["messageData"]) == ["x", "y"]


def test_whichever_comes_first_completes_a_group_once() -> None:
    groups = Groups(mode="groupSize&timeout")
    with ThreadPoolExecutor(4) as pool:
        sent = pool.map(
            lambda name: groups.send(name, groupId="a", groupSize=4, timersec=20000, messageData=name), "1234"
        )
        made = [each for each in sent if each is not None]
    assert [set(each["messageData"]) for each in made] == [set("1234")]


@pytest.mark.parametrize(
    ("cfg", "body", "told"),
    [
        ({}, {}, "/groupSize: must be"),
        ({}, {"groupSize": 0}, "/groupSize: must be"),
        ({"mode": "timeout"}, {"timersec": 20001}, "/timersec: must be"),
    ],
)
def test_a_group_needs_its_numbers(cfg: dict[str, Any], body: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        Groups(**cfg).send("1", groupId="a", messageData=1, **body)


def test_the_time_of_one_evaluation_is_not_that_of_all() -> None:
    module = Component(locate_builtin("jsonata")).module("lib/expression.py")
    expression = module.Expression("n", seconds=0.01)
    until = time.monotonic() + 0.05
    while time.monotonic() < until:
        assert expression.evaluate(Message(body={"n": 1}), Context()) == 1


@pytest.mark.parametrize("pattern", ["(x+)+$", "(a|aa)*$", r"(\d|5)*$", "(a*){50}", "((a|a)x?)*"])
def test_a_regular_expression_that_may_take_for_ever_is_refused(pattern: str) -> None:
    module = Component(locate_builtin("jsonata")).module("lib/expression.py")
    with pytest.raises(InvalidConfig, match="may take for ever"):
        module.Expression(f"$match(a, /{pattern}/)")


def test_an_expression_cannot_fill_the_memory() -> None:
    module = Component(locate_builtin("jsonata")).module("lib/expression.py")
    with pytest.raises(StepError, match="too large"):
        module.Expression('$pad("a", 1000000000)').evaluate(Message(body={}), Context())


def test_what_a_star_finds_are_the_members_of_the_body() -> None:
    module = Component(locate_builtin("jsonata")).module("lib/expression.py")
    message = Message(body={"n": 1}, passthrough={"a": {"body": {"m": 2}}})
    assert module.Expression('{"all": *}').evaluate(message, Context()) == {"all": 1}
    assert module.Expression("elasticio.a.body.m").evaluate(message, Context()) == 2
