"""What a component may import, and that what it hands over fits."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

import pysailor
from lib import cli
from lib.actions import ask, send_request
from lib.credentials import verify
from pysailor import CheckResult, Fault

if TYPE_CHECKING:
    from pysailor import Action, PreviewFunction, ProcessFunction, Verifier


def test_everything_in_the_contract_is_there() -> None:
    assert [name for name in pysailor.__all__ if not hasattr(pysailor, name)] == []
    assert sorted(pysailor.__all__) == sorted(set(pysailor.__all__))


def test_the_version_is_that_of_the_installed_package() -> None:
    assert pysailor.__version__ == version("chatgpt-component")
    with pytest.raises(AttributeError, match="no attribute 'versoin'"):
        _ = pysailor.versoin  # type: ignore[attr-defined]


def test_modules_of_a_component_fit_the_protocols() -> None:
    actions: list[Action] = [ask, send_request]  # mypy is who tests this
    verifier: Verifier = verify
    process: ProcessFunction = ask.process
    preview: PreviewFunction = send_request.preview
    assert all(callable(action.process) for action in actions)
    assert callable(verifier.verify)
    assert callable(process)
    assert callable(preview)
    assert {"COMMANDS", "ENVIRONMENT", "SERVERS"} <= set(cli.__all__)


def test_a_check_result_is_fine_unless_it_says_otherwise() -> None:
    assert CheckResult() == CheckResult(errors=(), warnings=())
    assert CheckResult(errors=[Fault("/a", "is odd")]).errors[0].pointer == "/a"
