"""What runs in CI, for forks, and before a commit: files that are valid, and commands that are there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def workflow() -> Any:
    return yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8"))["jobs"]["test"]


def hooks() -> list[Any]:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    return list(repository["hooks"])


def is_there(command: str) -> bool:
    """Whether a line of a script can be run from a checkout: a target of make, or a program of ours."""
    program, *arguments = shlex.split(command)
    return set(arguments) <= TARGETS if program == "make" else os.access(ROOT / program, os.X_OK)


def test_each_command_of_the_workflow_is_there() -> None:
    commands = [step["run"] for step in workflow()["steps"] if "run" in step]
    assert "make test" in commands
    assert [command for command in commands if not is_there(command)] == []


def test_the_workflow_installs_all_that_tests_would_miss() -> None:
    commands = {step["run"] for step in workflow()["steps"] if "run" in step}
    assert {"tools/install-test-servers", "tools/install-shells"} <= commands


def test_each_command_of_the_ci_is_there() -> None:
    lines = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]
    assert [command for command in commands if not is_there(command)] == []


def test_the_workflow_runs_the_versions_of_python_that_are_promised() -> None:
    promised = [each.rpartition(" ")[2] for each in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+$", each)]
    assert workflow()["strategy"]["matrix"]["python"] == promised
    assert PROJECT["requires-python"] == f">={promised[0]}"


def test_what_runs_before_a_commit_is_what_lint_runs() -> None:
    checks = {re.sub(r" --(check|fix)$", "", hook["entry"]).removeprefix(".venv/bin/") for hook in hooks()}
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert recipe
    lines = [line.strip().removeprefix("$(BIN)/") for line in recipe[1].splitlines()]
    assert {re.sub(r"( --check)?( \$\(\w+\))*$", "", line) for line in lines} == checks


@pytest.mark.parametrize("hook", hooks(), ids=lambda hook: hook["id"])
def test_a_hook_looks_at_files_that_are_there(hook: dict[str, Any]) -> None:
    if pattern := hook.get("files"):
        names = [
            str(path.relative_to(ROOT)) for room in (".", "lib", "docs", "tools") for path in (ROOT / room).glob("*")
        ]
        assert any(re.search(pattern, name) for name in names)


def test_the_oldest_libraries_are_those_of_the_project() -> None:
    done = subprocess.run([ROOT / "tools/oldest-versions"], capture_output=True, text=True, check=True)
    named = {line.partition("==")[0] for line in done.stdout.splitlines()}
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["rabbitmq"]]
    assert {re.split(r"[\[>]", each)[0] for each in wanted} <= named
