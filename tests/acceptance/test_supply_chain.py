"""The image is made of libraries whose hashes are written down, and of no others."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.dockerfile import instructions

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "deploy/requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ARGUMENTS = dict(each.value.split("=", 1) for each in instructions() if each.name == "ARG")
_PINNED = re.compile(r"^(?P<name>[\w.-]+)(?:\[[\w,-]+\])?==(?P<version>[^ ;\\]+)(?P<rest>(?:.*\\\n)*.*)$", re.MULTILINE)
PINNED = {canonicalize_name(found["name"]): found["version"] for found in _PINNED.finditer(LOCK)}


def declared() -> list[str]:
    extras = ARGUMENTS["EXTRAS"].split(",")
    more = [each for extra in extras for each in PROJECT["optional-dependencies"][extra]]
    return [*PROJECT["dependencies"], *more]


@pytest.mark.parametrize("line", declared())
def test_the_lock_holds_what_the_project_declares_in_a_version_that_it_allows(line: str) -> None:
    wanted = Requirement(line)
    found = PINNED.get(canonicalize_name(wanted.name))
    assert found is not None, "run tools/supply-chain lock"
    assert wanted.specifier.contains(found, prereleases=True), "run tools/supply-chain lock"


def test_every_library_of_the_lock_has_hashes_and_no_place_to_get_it_from() -> None:
    assert len(PINNED) > len(declared())
    for found in _PINNED.finditer(LOCK):
        assert "--hash=sha256:" in found["rest"], found["name"]
    assert "://" not in LOCK
    assert "--index" not in LOCK


def test_the_lock_is_made_for_the_image_s_extras() -> None:
    assert f"for the extras {ARGUMENTS['EXTRAS']};" in LOCK.splitlines()[0]


def test_both_stages_stand_on_one_base_and_nothing_else_is_installed_without_a_hash() -> None:
    bases = [each.words[0] for each in instructions() if each.name == "FROM"]
    assert bases == ["${BASE}", "${BASE}"]
    installs = re.findall(r"install --no-cache-dir ([^&]+)", (ROOT / "Dockerfile").read_text())
    assert [each.split()[0] for each in installs] == ["--require-hashes", "--no-deps"]
