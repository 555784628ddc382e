"""Send Request as a step, against the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.offline.sandbox import KEY, Sandbox
from pysailor.component.component import Component, choices
from pysailor.context import Context, Data, Event
from pysailor.errors import InvalidConfig, InvalidInput, SailorError
from pysailor.message import Message
from pysailor.step import Invocation, Step

from ..conftest import LOGGER

if TYPE_CHECKING:
    from collections.abc import Iterator

FUNCTION = Component(Path(__file__).parents[3]).function("sendRequest")
HELLO: dict[str, Any] = {"messages": [{"role": "user", "content": "Hello"}]}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


def cfg_of(sandbox: Sandbox, **more: Any) -> dict[str, Any]:
    return {"apiKey": KEY, "baseUrl": sandbox.base_url, "model": "gpt-sandbox-2", **more}


def sent(sandbox: Sandbox, body: Any, **cfg: Any) -> Message:
    step = Step(FUNCTION, cfg_of(sandbox, **cfg))
    events: list[Event] = []
    step.process(Message(body=body), Invocation(events.append, LOGGER))
    step.close()
    (made,) = [event.message for event in events if isinstance(event, Data)]
    return made


def test_only_what_the_user_set_is_sent(sandbox: Sandbox) -> None:
    sent(sandbox, {**HELLO, "temperature": None, "stop": {"a": "x"}, "n": "1"})
    assert sandbox.requests[-1].body == {"model": "gpt-sandbox-2", **HELLO, "stop": ["x"], "n": 1}


def test_a_model_in_the_body_goes_before_the_step_s(sandbox: Sandbox) -> None:
    sent(sandbox, {**HELLO, "model": "o9-sandbox"})
    assert sandbox.requests[-1].body["model"] == "o9-sandbox"


def test_the_step_s_organization_overrides_the_credential_s(sandbox: Sandbox) -> None:
    sent(sandbox, HELLO, organization="org-credential", organizationId="org-step")
    assert sandbox.requests[-1].headers["openai-organization"] == "org-step"


def test_the_message_s_headers_tell_the_request_id_and_the_time(sandbox: Sandbox) -> None:
    headers = sent(sandbox, HELLO).headers
    assert headers["x-request-id"].startswith("req_")
    assert int(headers["x-duration-ms"]) >= 0
    assert headers["x-tries"] == "1"


def test_a_request_that_fails_the_check_is_never_sent(sandbox: Sandbox) -> None:
    with pytest.raises(InvalidInput, match="/messages/0/role"):
        sent(sandbox, {"messages": [{"role": "usr", "content": "x"}]})
    assert sandbox.requests == ()


def test_a_missing_model_is_an_error_on_the_platform(sandbox: Sandbox) -> None:
    with pytest.raises(InvalidConfig, match='"Model" is missing'):
        sent(sandbox, HELLO, model="")


def test_the_list_of_models_has_chat_models_newest_first_and_marks_those_that_go_soon(sandbox: Sandbox) -> None:
    offered = choices(FUNCTION, "model", cfg_of(sandbox), Context())
    assert next(iter(offered)).startswith("gpt-sandbox-2")
    assert not {"text-embedding-sandbox", "whisper-sandbox", "omni-moderation-sandbox"} & set(offered)
    assert "gone on" in offered["gpt-sandbox-1"]
    assert "gone on" not in offered["gpt-sandbox-1-mini"]


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with Sandbox() as started:
        yield started


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=JSON)
def test_any_body_ends_in_a_message_or_a_named_error(shared: Sandbox, body: Any) -> None:
    assert_ends(shared, body, {})


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(name=st.sampled_from([field.name for field in FUNCTION.fields if field.name != "baseUrl"]), value=JSON)
def test_any_setting_ends_in_a_message_or_a_named_error(shared: Sandbox, name: str, value: Any) -> None:
    assert_ends(shared, HELLO, {name: value})


def assert_ends(sandbox: Sandbox, body: Any, cfg: dict[str, Any]) -> None:
    try:
        made: Any = sent(sandbox, body, **cfg)
    except SailorError as error:
        made = error
    assert isinstance(made, Message) or made.code not in ("error", "defect")
