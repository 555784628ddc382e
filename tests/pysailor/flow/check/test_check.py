"""A check finds what would fail, at its place in the file, and what is meant; nothing is run for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pysailor.flow.check import FlowReport, check_flow
from pysailor.flow.components import FlowComponents, settings

if TYPE_CHECKING:
    from pathlib import Path

    from pysailor.flow.document import FlowFile, FlowStep


def check(flow: FlowFile, **more: Any) -> FlowReport:
    components = FlowComponents(flow)

    def settings_of(step: FlowStep) -> dict[str, Any]:
        return settings(flow, step, components.component(step.component))

    return check_flow(flow, settings_of, **more)


BEGIN = "  a: {run: 'w:numbers', sample: {n: 1, text: row}}\n"


def test_a_flow_in_order_has_no_findings(flow: Any) -> None:
    made = flow(BEGIN + "  b: {run: 'w:work', after: a, map: {n: n, text: text}}\n")

    assert check(made).findings == []


ROUTED = BEGIN + "  way: {run: 'router:route', after: a, map: %s}\n  b: {run: 'w:work', after: {way: 'size > 1'}}\n"


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("{size: n}", []),
        ("'{\"size\": n}'", []),
        ("{siz: n}", ["way gives no size; did you mean siz?"]),
    ],
)
def test_a_router_gives_what_its_mapper_makes(flow: Any, made: str, said: list[str]) -> None:
    found = check(flow(ROUTED % made)).findings

    assert [text for text in said if not any(text in str(each) for each in found)] == []
    assert [str(each) for each in found if "way gives no size" in str(each)][len(said) :] == []


@pytest.mark.parametrize(
    ("steps", "severity", "said"),
    [
        ("  b: {run: 'w:wrk', after: a}\n", "error", 'steps.b.run: w has no function "wrk"; did you mean work?'),
        ("  b: {run: 'w:work', after: a, fields: {tga: x}}\n", "error", "work has no such field; did you mean tag"),
        ("  b: {run: 'w:work', after: a, fields: {apiKey: x}}\n", "error", "belongs to a credential"),
        ("  b: {run: 'w:work', after: a, fields: {copies: many}}\n", "error", 'fields.copies: "copies" takes a number'),
        ("  b: {run: 'w:work', after: a, map: {text: Subject}}\n", "warning", "did you mean set?"),
        ("  b: {run: 'w:work', after: a, map: {text: '$getPassthrough().z.body'}}\n", "error", "step z does not exist"),
        ("  b: {run: 'w:work', after: a, map: {text: '$getPassthrough().c.body'}}\n  c: {run: 'w:work', after: b}\n",
         "error", "the step c is not before this one; did you mean a?" ),
        ("  b: {run: 'w:work', after: a, map: {text: '$getPassthrough().a.text'}}\n", "error", "write a.body.text"),
        ("  b: {run: 'w:work', after: a, map: {text: '$getFlowVariables().bos'}}\n", "error", 'no flow variable "bos"'),
        ("  b: {run: 'w:work', after: a, map: {text: 'n +'}}\n", "error", "the expression ends too early"),
        ("  b: {run: 'w:work', after: {a: 'n >'}}\n", "error", "steps.b.after.a: the expression ends too early"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(flow: Any, steps: str, severity: str, said: str) -> None:
    found = check(flow(BEGIN + steps)).findings

    assert [finding.severity for finding in found if said.replace("; did you mean a?", "") in str(finding)] == [
        severity
    ]


def test_types_that_do_not_fit_are_told(flow: Any, strict: Any) -> None:
    made = flow(
        BEGIN
        + "  b: {run: 'w:strict', after: a, map: {n: text, list: n}, set: {flag: maybe}}\n"
        + "  c: {run: 'w:strict', after: a, map: {n: n, extra: n}}\n"
    )

    found = [str(finding).partition(": ")[2] for finding in check(made).findings]

    assert "steps.b.map.list: gives number; b takes array as list" in found
    assert any(line.startswith("warning: steps.b.map.n: gives string; b takes number as n; a text") for line in found)
    assert any(line.startswith('steps.b.set.flag: found text "maybe"') for line in found)
    assert "steps.c.map.extra: c takes no extra; there is: n, list, flag, need" in found
    assert "steps.c: c needs need; give it under map or set" in found


def test_the_sample_is_taken_to_the_components_own_check(flow: Any, strict: Any) -> None:
    made = flow(BEGIN + "  c: {run: 'w:strict', after: a, map: {n: n, need: text}}\n")

    report = check(made)

    assert [str(finding).partition(": ")[2] for finding in report.findings] == [
        "warning: steps.c.map: with the sample: /need: a row is seldom meant"
    ]
    assert [(step, request.body) for step, request in report.requests] == [("c", {"n": 1, "need": "row"})]
    assert [(estimate.step, str(estimate.of(1000))) for estimate in report.estimates] == [("c", "2.000")]


def test_a_missing_credential_is_told_with_its_variables(flow: Any, strict: Any) -> None:
    made = flow(BEGIN + "  c: {run: 'w:strict', after: a, credential: key, set: {need: x}}\n",
                "credentials: {key: {component: w, from: {apiKey: MY_KEY}}}\n")  # fmt: skip

    found = [str(finding) for finding in check(made).findings]

    assert any('"Key" is missing; set MY_KEY or KEY_API_KEY in the environment or in .env' in line for line in found)
    assert [finding for finding in check(made, answers=lambda _: True).findings if finding.severity == "error"] == []


def test_a_step_that_may_give_any_member_is_not_suspected(flow: Any, component: Path) -> None:
    declared = component / "component.json"
    text = declared.read_text()
    made = "  a: {run: 'w:numbers'}\n  b: {run: 'w:work', after: a, map: {text: else}}\n"
    assert "a gives no else" in str(check(flow(made)).findings)
    declared.write_text(text.replace('"metadata": {"out": {', '"metadata": {"out": {"additionalProperties": true, '))

    assert check(flow(made)).findings == []


def test_a_step_of_nodes_is_not_loaded(flow: Any, component: Path) -> None:
    document = json.loads((component / "component.json").read_text())
    document["actions"]["js"] = {"title": "Node", "main": "./lib/js.js"}
    (component / "component.json").write_text(json.dumps(document))
    made = flow(BEGIN + "  b: {run: 'w:js', after: a, map: {anything: n}}\n")

    assert check(made).findings == []
