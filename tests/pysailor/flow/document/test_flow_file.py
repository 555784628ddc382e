"""A flow file becomes values that know their place; what is wrong is told all at once, and what is allowed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema
import pytest

from pysailor.errors import UnreadableFile
from pysailor.flow.document import SCHEMA, InvalidFlow, parse_flow, read_flow
from pysailor.flow.draw import draw_svg, draw_text

if TYPE_CHECKING:
    from pathlib import Path

MEMBERS = "title, description, run, after, credential, fields, map, set, sample, tune, local, platform"
BEGIN = "flow: 1\nname: x\ncomponents: {c: {path: .}}\nsteps:\n"


def findings(steps: str, begin: str = BEGIN) -> list[str]:
    with pytest.raises(InvalidFlow) as caught:
        parse_flow(begin + steps, "f")
    return [str(finding) for finding in caught.value.findings]


def test_the_parts_of_a_flow_are_values() -> None:
    flow = parse_flow(
        BEGIN
        + """\
  one: {run: "c:f", fields: {n: 1}}
  two:
    run: c:g
    after: one
    map: {a: {b: x.y}, n: 5, yes: true}
    set: {text: 12:30}
    tune: {prefetch: 4, passthrough: false}
    local: {retry: {times: 3, wait: 500ms}, timeout: 1m, on_error: {route: lost}}
  three: {run: "c:h", after: {two: n > 1}}
  four: {run: "c:h", after: {two: otherwise}}
  lost: {run: "c:i"}
"""
    )

    two = flow.step("two")
    assert flow.trigger.id == "one"
    assert flow.trigger.fields == {"n": 1}
    assert two.set == {"text": "12:30"}
    assert isinstance(two.map, dict)
    assert [str(two.map["a"]["b"]), str(two.map["n"]), str(two.map["yes"])] == ["x.y", "5", "true"]
    assert two.concurrency == 4
    assert two.local.retry is not None
    assert (two.local.retry.wait, two.local.timeout, two.local.route) == (0.5, 60, "lost")
    assert [(edge.source, edge.target, edge.is_otherwise) for edge in flow.edges] == [
        ("one", "two", False),
        ("two", "three", False),
        ("two", "four", True),
    ]
    assert [step.id for step in flow.earlier("three")] == ["two", "one"]
    assert two.after is not None
    assert two.after.mapper_id == "mapper:one:two"


def test_all_faults_are_told_with_place_and_what_is_allowed() -> None:
    assert findings("""\
  one: {run: c, feilds: {}}
  two: {run: "c:f", after: one, local: {on_error: stopp, timeout: 3x}}
""") == [
        'f:5:9: steps.one.run: found text "c", allowed: component:function, such as csv:read',
        "f:5:17: steps.one.feilds: is not known here; did you mean fields? Allowed: " + MEMBERS,
        'f:6:41: steps.two.local.on_error: found text "stopp", allowed: continue, stop (did you mean stop?)',
        'f:6:58: steps.two.local.timeout: found text "3x", allowed: a duration: seconds, or 500ms, 2s, 1m, 1h',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ('  a: {run: "d:f"}', 'there is no component "d" under components; There is: c'),
        ('  a: {run: "c:f"}\n  b: {run: "c:f", after: aa}', 'there is no step "aa" under steps; did you mean a?'),
        ('  a: {run: "c:f", credential: m}', 'there is no credential "m" under credentials; There is: none'),
        ('  3a: {run: "c:f"}', '"3a" cannot be an id'),
        ('  a: {run: "c:f"}\n  b: {run: "c:f"}', "a begins the flow already"),
        ('  a: {run: "c:f", after: b}\n  b: {run: "c:f", after: a}', "goes round in a circle: a <- b <- a"),
        ('  a: {run: "c:f", after: a}', "no step begins the flow"),
        ('  a: {run: "c:f"}\n  b: {run: "c:f", after: {a: x, c: y}}', "names 2 steps; a step stands behind one"),
        ('  a: {run: "c:f", map: {x: y}, set: {x: 1}}', '"x" stands under set, too'),
        ('  a: {run: "c:f", local: {timeout: 1e300}}', "are too long; at most 30 days are allowed"),
        ('  a: {run: "c:f", map: x, set: {x: 1}}', "makes the whole body"),
        ('  a: {run: "c:f"}\n  b: {run: "c:f", after: {a: otherwise}}\n  d: {run: "c:f", after: {a: otherwise}}',
         "a leads to b otherwise; there is one such way"),
    ],
)  # fmt: skip
def test_what_leads_nowhere_is_told(steps: str, said: str) -> None:
    assert any(said in finding for finding in findings(steps))


@pytest.mark.parametrize("text", ["", "- 1", "just text", "flow: 2\nname: x\nsteps: {}"])
def test_what_is_no_flow_is_told(text: str) -> None:
    with pytest.raises(InvalidFlow):
        parse_flow(text, "f")


def test_a_missing_file_is_told_with_the_near_one(tmp_path: Path) -> None:
    (tmp_path / "triage.yaml").touch()

    with pytest.raises(UnreadableFile, match=r"did you mean .*triage\.yaml\?"):
        read_flow(tmp_path / "triag.yaml")


def test_the_published_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(SCHEMA.read_text(encoding="utf-8")))


def test_a_flow_of_too_many_steps_is_refused_and_one_of_the_most_is_drawn() -> None:
    begin = "flow: 1\nname: Long\ncomponents: {r: {builtin: router}}\nsteps:\n  s0: {run: 'r:route'}\n"
    steps = [f"  s{number}: {{run: 'r:route', after: s{number - 1}}}\n" for number in range(1, 501)]

    flow = parse_flow(begin + "".join(steps[:-1]), "flow.yaml")

    assert draw_text(flow).count("r:route") == 500
    assert draw_svg(flow).count("<rect") == 500
    with pytest.raises(InvalidFlow, match=r"steps\.s500: is step 501 of 501; at most 500 are allowed"):
        parse_flow(begin + "".join(steps), "flow.yaml")
