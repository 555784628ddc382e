"""A credential's value may be in the keyring; keyring's own backends are used, in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("keyrings.alt")
PLAIN = "keyrings.alt.file.PlaintextKeyring"
FLOW = """\
flow: 1
name: x
components: {message: {builtin: message}, email: {builtin: email}}
credentials: {mail: {component: email}}
steps:
  a: {run: "message:fixed", fields: {message: {n: 1}}}
  b: {run: "email:send", after: a, credential: mail, set: {to: a@b.example, subject: x, textBody: x}}
"""


def python(folder: Path, backend: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHON_KEYRING_BACKEND": backend, "XDG_DATA_HOME": str(folder), **variables}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)


def check(folder: Path, backend: str, **variables: str) -> tuple[int, str]:
    (folder / "flow.yaml").write_text(FLOW)
    done = python(folder, backend, "pysailor", "flow", "check", "flow.yaml", **variables)
    return done.returncode, done.stdout + done.stderr


def keep(folder: Path, name: str, value: str) -> None:
    code = f"import keyring; keyring.set_password('pysailor', '{name}', '{value}')"
    (folder / "keep.py").write_text(code)
    python(folder, PLAIN, "keep").check_returncode()


def test_a_value_that_the_environment_has_not_comes_from_the_keyring(tmp_path: Path) -> None:
    code, told = check(tmp_path, PLAIN, MAIL_FROM="a@b.example")
    assert code == 1
    assert "set MAIL_HOST in the environment or in .env, or keep it: keyring set pysailor MAIL_HOST" in told
    keep(tmp_path, "MAIL_HOST", "localhost")
    assert check(tmp_path, PLAIN, MAIL_FROM="a@b.example") == (0, check(tmp_path, PLAIN, MAIL_FROM="a@b.example")[1])


@pytest.mark.parametrize(
    ("backend", "reason"),
    [
        ("keyring.backends.fail.Keyring", "there is no backend for it on this machine"),
        ("keyring.backends.null.Keyring", "it is switched off"),
    ],
)
def test_a_missing_backend_is_told(tmp_path: Path, backend: str, reason: str) -> None:
    code, told = check(tmp_path, backend)
    assert code == 1
    assert f"in the environment or in .env (the keyring is not read: {reason}" in told
    assert check(tmp_path, backend, MAIL_HOST="localhost", MAIL_FROM="a@b.example")[0] == 0


VALUES = """
from pysailor.flow.components import FlowComponents, credential_values
from pysailor.flow.document import read_flow

flow = read_flow("flow.yaml")
step = flow.step("b")
values = credential_values(flow, step, FlowComponents(flow).component(step.component))
print(values["host"], values["from"])
"""


def test_the_environment_goes_first(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(FLOW)
    (tmp_path / "values.py").write_text(VALUES)
    keep(tmp_path, "MAIL_HOST", "kept")
    keep(tmp_path, "MAIL_FROM", "kept@b.example")
    assert python(tmp_path, PLAIN, "values", MAIL_HOST="set").stdout == "set kept@b.example\n"
