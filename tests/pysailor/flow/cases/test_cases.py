"""A flow's own cases: what is given, answered, expected; and what is told when it is not so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from pysailor.cli.flow.settings import FlowWorkspace
from pysailor.flow.cases import CaseResult, CaseRunner, read_cases, write_junit
from pysailor.flow.cases.expectation import differences
from pysailor.flow.document import InvalidFlow, parse_flow

if TYPE_CHECKING:
    from contextlib import ExitStack

HERE = Path(__file__)
FLOW = """\
flow: 1
name: Cases
components:
  message: {builtin: message}
  router: {builtin: router}
  jsonata: {builtin: jsonata}
  file: {builtin: file}
steps:
  first: {run: "message:fixed", fields: {message: [{n: 1}, {n: 2}]}}
  double: {run: "jsonata:transform", after: first, fields: {expression: '{"m": n * 2}'}}
  sort: {run: "router:route", after: double}
  big: {run: "file:append", after: {sort: m > 2}, map: {line: "{\\"m\\": m, \\"n\\": $getPassthrough().first.body.n}"}}
  small: {run: "file:append", after: {sort: otherwise}, map: {line: m}}
on_error: {run: "file:append", map: {line: message}}
tests:
  - CASE
"""


@pytest.fixture
def stack() -> Any:
    from contextlib import ExitStack  # noqa: PLC0415 - the fixture's own

    with ExitStack() as opened:
        yield opened


def run(case: str, stack: ExitStack) -> tuple[str, ...]:
    flow = parse_flow(FLOW.replace("CASE", case), "cases.yaml")
    workspace = FlowWorkspace(flow, None, None, stack)
    with CaseRunner(flow, {}, workspace.plan) as runner:
        (result,) = runner.run(read_cases(flow))
    return result.differences


@pytest.mark.parametrize(
    "case",
    [
        "expect: {big: {line: {m: 4, n: 2}}, small: {line: 2}}",
        "{given: {n: 5}, expect: {big: {line: {m: 10}}, small: nothing}}",
        "{given: [{n: 5}, {n: 6}], expect: {big: [{line: {m: 12}}, {line: {m: 10}}]}}",
        "{given: {n: 1}, answers: {double: [{m: 7}, {m: 8}]}, expect: {big: $number(line.m) > 6}}",
        "{given: {n: 1}, answers: {double: nothing}, expect: {sort: nothing}}",
        "{given: {n: 5}, gives: {double: {m: 10}}}",
        "{given: {n: x}, errors: {double: ExpressionFailed}, expect: {error_handler: \"$contains(line, 'n * 2')\"}}",
        "{given: {n: 1}, fails: {double: {name: Away, message: gone}}, expect: {error_handler: {line: gone}}}",
        "{given: {n: 5}, expect: {big: {$schema: {type: object, properties: {line: {type: object}}}}}}",
    ],
)
def test_a_case_passes_when_all_is_as_expected(case: str, stack: ExitStack) -> None:
    assert run(case, stack) == ()


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("{given: {n: 5}, expect: {big: {line: {m: 11}}}}", "big gets: /line/m: expected 11, found 10"),
        ("{given: {n: 5}, expect: {big: {other: 1}}}", "big gets: /other: expected 1, is missing"),
        ("{given: {n: 5}, expect: {big: nothing}}", 'big gets: expected nothing, found {"line": {"m": 10, "n": 5}}'),
        ("{given: {n: 5}, expect: {small: {line: 1}}}", 'small gets: expected {"line": 1}, found no message'),
        ("{given: {n: 5}, expect: {big: line.m = 1}}", "big gets: line.m = 1 is not true for"),
        ("{given: {n: [1]}, expect: {sort: nothing}}", "double fails: ExpressionFailed: "),
        ("{given: [{n: 5}, {n: 5}], expect: {big: {line: {m: 10}}}}", "big gets: one message too many"),
        ("{given: {n: 5}, expect: {big: {$schema: {type: object, required: [x]}}}}", "big gets: "),
        ("{given: {n: 5}, expect: {big: line.m ?? 1}}", "cases.yaml:"),
    ],
)
def test_what_is_not_as_expected_is_told(case: str, told: str, stack: ExitStack) -> None:
    try:
        lines = run(case, stack)
    except InvalidFlow as error:
        lines = (str(error),)
    assert lines[0].startswith(told), lines


@pytest.mark.parametrize(
    ("case", "told"),
    [
        (
            "{given: {n: 5}, expects: {big: nothing}}",
            "yaml:16:21: tests.0.expects: is not known here; did you mean expect?",
        ),
        ("{given: {n: 5}, expect: {bog: nothing}}", "tests.0.expect.bog: there is no such step; did you mean big?"),
        ("{given: {n: 5}}", "tests.0: expects nothing"),
        ("{expect: [1]}", "tests.0.expect: takes a member for each step"),
    ],
)
def test_a_case_that_cannot_be_meant_is_told_with_its_place(case: str, told: str) -> None:
    with pytest.raises(InvalidFlow) as invalid:
        read_cases(parse_flow(FLOW.replace("CASE", case), "cases.yaml"))
    assert told in str(invalid.value)


@pytest.mark.parametrize(
    ("expected", "found", "same"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": [1, 2]}, {"a": [1, 2, 3]}, False),
        ({"a": 1}, {"a": True}, False),
        ({"a": None}, {}, False),
        ([{"a": 1}], [{"a": 1, "b": 2}], True),
        (1, 1.0, True),
    ],
)
def test_a_subset_has_at_least_the_members_that_are_expected(expected: Any, found: Any, same: bool) -> None:
    assert (list(differences(expected, found)) == []) is same


def test_results_are_written_as_junit_has_them() -> None:
    flow = parse_flow(FLOW.replace("CASE", "{name: 'a & \\b', expect: {big: nothing}}"), "cases.yaml")
    (case,) = read_cases(flow)
    suite = ET.fromstring(write_junit([CaseResult(case, 0.1), CaseResult(case, 0.2, ("a < b", "c\x00"))], "cases.yaml"))  # noqa: S314 - our own text
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [(each.get("name"), each.get("line")) for each in suite] == [("a & \\b", "16")] * 2
    (failure,) = suite.iter("failure")
    assert (failure.get("message"), failure.text) == ("a < b", "a < b\nc�")
