"""What is lost on the way to the platform and back is told; what cannot be lost is refused, with its place."""

from __future__ import annotations

import json

import pytest

from pysailor.flow.document import parse_flow
from pysailor.flow.platform import ExportSettings, NotExportable, export_flow, import_flow
from pysailor.flow.platform.graph import NotAFlow

FLOW = """\
flow: 1
name: Triage
components:
  csv: {builtin: csv, as: elasticio/csv@latest}
  chatgpt: {path: ., as: my-team/chatgpt@latest}
  file: {builtin: file}
credentials: {model: {component: chatgpt}}
steps:
  tickets: {run: "csv:read", fields: {url: tickets.csv}, sample: {no: 7}}
  judge:
    run: chatgpt:ask
    after: tickets
    credential: model
    map: {prompt: Text}
    set: {answerAs: text, deep: {a: [1, "é"]}}
    tune: {prefetch: 4}
    local: {timeout: 2s}
  keep:
    run: file:append
    after: judge
    map: '{"line": $}'
tests: [{given: {no: 1}}]
"""
WITH_NAMES = ExportSettings({"file": "elasticio/sftp@latest"}, {"model": "id-of-model"}, "id-of-workspace")


def test_a_component_without_a_platform_name_is_refused_with_its_place() -> None:
    with pytest.raises(NotExportable) as refused:
        export_flow(parse_flow(FLOW, "triage.yaml"), "api")
    told = str(refused.value)
    assert told.startswith('triage.yaml:18:3: steps.keep.run: the platform does not know "file"; write as:')
    assert "--replace file=team/repository@version" in told


def test_variables_need_a_recipe() -> None:
    flow = parse_flow(FLOW.replace("steps:", "variables: {boss: b@x.org}\nsteps:", 1), "triage.yaml")
    with pytest.raises(
        NotExportable, match=r"yaml:8:13: variables\.boss: a plain flow has no variables; export it --as recipe"
    ):
        export_flow(flow, "api", WITH_NAMES)
    document, notes = export_flow(flow, "recipe", WITH_NAMES)
    assert document["data"]["attributes"]["declarations"]["variables"] == [{"id": "boss", "title": "boss"}]
    assert "variables.boss: its value is given when the recipe is activated" in map(str, notes)


def test_each_loss_is_told() -> None:
    document, notes = export_flow(parse_flow(FLOW), "api", WITH_NAMES)
    assert [note.path for note in notes] == [
        "steps.tickets.sample",
        "steps.keep.map",
        "tests",
        "steps.judge.local",
        "steps.keep.fields",
    ]
    attributes = document["data"]["attributes"]
    assert attributes["nodes_config"] == {"judge": {"prefetch": 4}}
    assert document["data"]["relationships"]["workspace"]["data"]["id"] == "id-of-workspace"
    nodes = {node["id"]: node for node in attributes["graph"]["nodes"]}
    assert nodes["judge"]["credentials_id"] == "id-of-model"
    assert nodes["keep_map"] == {
        "id": "keep_map",
        "command": "elasticio/jsonata-transform-component:transform@latest",
        "fields": {"expression": '{"line": $}'},
    }
    assert attributes["graph"]["edges"] == [
        {
            "source": "tickets",
            "target": "judge",
            "config": {
                "mapper_type": "jsonata",
                "mapper": {"prompt": "Text", "answerAs": '"text"', "deep": '{"a":[1,"é"]}'},
                "condition": None,
            },
        },
        {"source": "judge", "target": "keep_map"},
        {"source": "keep_map", "target": "keep"},
    ]


def test_ids_that_are_missing_are_asked_for() -> None:
    _, notes = export_flow(parse_flow(FLOW), "api", ExportSettings({"file": "a/b"}))
    told = "\n".join(map(str, notes))
    assert "the workspace's id is missing; give it with --workspace" in told
    assert (
        "steps.judge.credential: its id is missing; choose it on the platform, or give it: --credential model=ID"
        in told
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "This is not JSON: line 1, column 2: a name in double quotes is missing here"),
        ("[" * 100_000, "This is not JSON"),
        ("[]", "The file holds 0 flows"),
        (
            '{"data": [{"attributes": {"name": "A"}}, {"attributes": {"name": "B"}}]}',
            r"2 flows \(A, B\); save one",
        ),
        ('{"nodes": []}', "graph: nodes and edges are missing"),
        ('{"graph": {"nodes": []}}', "graph: has no nodes"),
        ('{"graph": {"nodes": [{}]}}', "graph/nodes/0: has no id"),
        (
            '{"graph": {"nodes": [{"id": "a", "command": "x"}]}}',
            "The node a runs 'x'; allowed is team/repository:f",
        ),
        ('{"graph": {"nodes": [{"id": "a"}], "edges": [1]}}', "graph/edges/0: has no target"),
        ('{"flow_templates": [1]}', "flow_templates: only objects are allowed"),
        ('{"attributes": 1}', "attributes: found int"),
    ],
)
def test_what_is_not_a_flow_is_told(text: str, told: str) -> None:
    with pytest.raises(NotAFlow, match=told):
        import_flow(text)


def test_what_a_flow_file_has_no_place_for_is_kept_and_told() -> None:
    document = {
        "name": "Odd",
        "status": "active",
        "graph": {
            "nodes": [
                {"id": "step-1", "command": "elasticio/webhook:receive"},
                {"id": "b", "command": "elasticio/code:execute"},
                {"id": "c", "command": "elasticio/code:execute", "vpn_agent_id": "v"},
            ],
            "edges": [
                {"source": "step-1", "target": "b", "config": {"mapper": {"all": ["a", "b"]}}},
                {"source": "step-1", "target": "c", "config": {"mapper_type": "handlebars", "mapper": {"x": "{{x}}"}}},
                {"source": "b", "target": "c"},
            ],
        },
    }
    written, notes = import_flow(json.dumps(document))
    flow = parse_flow(written)
    told = "\n".join(map(str, notes))
    assert [step.id for step in flow.steps] == ["step_1", "b", "c"]
    assert 'steps.step_1: was called "step-1" on the platform' in told
    assert "the platform's own members are left out: status" in told
    assert "steps.b.map: the mapper has a form that is not known" in told
    assert "steps.c.map: the mapper is of type handlebars" in told
    assert "steps.c.after: a second edge leads here, from b" in told
    edges = export_flow(flow, "api")[0]["data"]["attributes"]["graph"]["edges"]
    assert {(edge["source"], edge["target"]) for edge in edges} == {("step_1", "b"), ("step_1", "c"), ("b", "c")}
    assert [edge["config"]["mapper"] for edge in edges if "config" in edge] == [{"all": ["a", "b"]}, {"x": "{{x}}"}]


def test_built_in_steps_are_found_by_the_platforms_names() -> None:
    commands = {
        "elasticio/simple-trigger-component:timer@latest": "timer",
        "elasticio/csv-component-v3:read_action@1": "csv",
        "elasticio/router:route": "router",
        "elasticio/router:other": None,
        "elasticio/petstore:list": None,
    }
    nodes = [{"id": f"n{number}", "command": command} for number, command in enumerate(commands)]
    edges = [{"source": f"n{number}", "target": f"n{number + 1}"} for number in range(len(nodes) - 1)]
    written, _ = import_flow(json.dumps({"name": "x", "graph": {"nodes": nodes, "edges": edges}}))
    flow = parse_flow(written)
    assert [flow.components[step.component].builtin for step in flow.steps][:2] == ["timer", "csv"]
    assert flow.components[flow.step("n4").component].builtin is None
