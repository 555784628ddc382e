"""What is wrong with a question is told by the form's own fields and words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lib.cost.worst_case import OverBudget
from pysailor import StepError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pysailor import Message

PDF = "data:application/pdf;base64,JVBERi0="
PNG = "data:image/png;base64,iVBORw0K"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"images": ["data:image/png;base64,"]}, "/images/0"),
        ({"images": [PNG, {"url": "/home/ann/cat.png"}]}, "/images/1"),
        ({"images": ["nowhere.png"]}, "/images/0"),
        ({"images": [PNG], "files": ["attachment:missing.pdf"]}, "/files/0"),
        ({"files": ["file:///etc/passwd"]}, "/files/0"),
        ({"files": ["http://127.0.0.1:9/a.pdf"]}, "/files/0"),
        ({"prompt": "{{x}}"}, "/prompt"),
    ],
)
@pytest.mark.parametrize("instructions", ["", "Be kind."])
@pytest.mark.parametrize("memory", ["off", "conversation"])
def test_a_fault_points_to_the_field_of_the_form(
    ask: Callable[..., Message], body: dict[str, Any], pointer: str, instructions: str, memory: str
) -> None:
    if memory == "conversation":
        ask("Before", memory=memory, instructions=instructions, body={"conversationId": "c"})
    with pytest.raises(StepError) as caught:
        ask(memory=memory, instructions=instructions, body={"conversationId": "c", **body})
    assert [fault["pointer"] for fault in caught.value.to_json()["faults"]] == [pointer]
    assert "/messages" not in str(caught.value)


def test_a_budget_speaks_the_form_s_words(ask: Callable[..., Message]) -> None:
    with pytest.raises(OverBudget) as caught:
        ask(model="gpt-4.1", maxCost="0.000001")
    assert "max_completion_tokens" not in str(caught.value)


def test_an_unknown_member_is_told(ask: Callable[..., Message]) -> None:
    body = ask(body={"variabels": {"x": 1}}).body
    assert body["warnings"] == ["/variabels: is not a known field; did you mean variables?"]


def test_a_warning_points_to_the_field_of_the_form(ask: Callable[..., Message]) -> None:
    (warning,) = ask(body={"images": [PNG, {"url": "data:image/bmp;base64,Qk0="}]}).body["warnings"]
    assert warning.startswith("/images/1: a picture of the type image/bmp is not supported")
