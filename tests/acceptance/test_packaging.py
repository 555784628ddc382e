"""The component as a package, built for real and used outside of the checkout."""

from __future__ import annotations

import json
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from email import message_from_string
from pathlib import Path

import pytest

from tests.support.dockerfile import ROOT
from tests.support.packaging import first_of, interpreter, run, run_any

COMPONENT = "share/pysailor/components/chatgpt-component"
SAMPLE = ROOT / "samples/sendRequest/hello.json"
VERSIONS = ("3.11", "3.12", "3.13")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


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
