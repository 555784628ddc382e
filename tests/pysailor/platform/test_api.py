"""The platform's REST API: what is asked, how often, and what each answer means."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from pysailor.platform.api import (
    PlatformApi,
    PlatformRefused,
    PlatformUnreachable,
    ResultNotDelivered,
    StepData,
    post_result,
)
from pysailor.platform.rest import Tries
from pysailor.platform.settings import ResultSettings
from pysailor.platform.variables import ApiSettings
from tests.support.web import CLOSED, Web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STEP = "/v1/tasks/flow%2F1/steps/step_1"
HOOK = "/sailor-support/hooks/task/flow%2F1/startup/data"
BASIC = "Basic " + base64.b64encode(b"task-5:api-key").decode()
RESULT = "/here"
DOCUMENT = {"status": "success", "data": {"verified": True}}


@pytest.fixture
def api(web: Web, waits: list[float]) -> Iterator[PlatformApi]:
    with PlatformApi(
        ApiSettings(f"{web.base}/", "task-5", "api-key"), "flow/1", "step_1", Tries(3, 0.1, waits.append)
    ) as made:
        yield made


def test_a_step_is_read(web: Web, api: PlatformApi) -> None:
    step: dict[str, Any] = {
        "id": "step_1",
        "config": {"apiKey": "sk-x", "_account": "a1"},
        "snapshot": {"n": 1},
        "is_passthrough": True,
        "variables": {"v": "1"},
    }
    web.get(STEP, json=step, wants={"Authorization": BASIC, "Connection": "Keep-Alive"})
    found = api.retrieve_step()
    assert found == StepData(step["config"], {"n": 1}, True, {"v": "1"})
    assert found.account_id == "a1"
    assert "sk-x" not in repr(found)


@pytest.mark.parametrize("passthrough", [None, False, "true", 1])
def test_what_is_missing_is_empty_and_only_true_itself_is_true(passthrough: object) -> None:
    found = StepData.from_json({"config": None, "is_passthrough": passthrough})
    assert (found, found.account_id) == (StepData(), None)


def test_a_netrc_does_not_override_the_platforms_user(
    web: Web, api: PlatformApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    web.get(STEP, json={}, wants={"Authorization": BASIC})
    api.retrieve_step()


@pytest.mark.parametrize("trouble", [500, 503, 408, 429, CLOSED])
def test_what_may_pass_is_tried_again_with_growing_waits(
    web: Web, api: PlatformApi, waits: list[float], trouble: Any
) -> None:
    for _ in range(2):
        web.get(STEP, status=trouble)
    web.get(STEP, json={"config": {"a": 1}})
    assert api.retrieve_step().config == {"a": 1}
    assert [round(wait, 1) for wait in waits] == [0.1, 0.2]


def test_failures_without_end_are_told_apart_from_no_answer_at_all(
    web: Web, api: PlatformApi, waits: list[float]
) -> None:
    web.get(STEP, status=500, json={"error": "out of order"})
    with pytest.raises(PlatformUnreachable, match=r"answered 500 .* out of order") as failed:
        api.retrieve_step()
    web.forget()
    web.get(STEP, status=CLOSED)
    with pytest.raises(PlatformUnreachable, match=r"cannot be reached.*ELASTICIO_API_URI") as away:
        api.retrieve_step()
    assert (failed.value.status, away.value.status, len(waits)) == (500, None, 4)


@pytest.mark.parametrize("status", [302, 401, 404])
def test_a_refusal_is_final(web: Web, api: PlatformApi, waits: list[float], status: int) -> None:
    web.get(STEP, status=status, json={"message": "not for you"}, headers={"Location": "http://elsewhere.test/"})
    with pytest.raises(PlatformRefused, match=f"answered {status} .* not for you") as refused:
        api.retrieve_step()
    assert (refused.value.status, waits) == (status, [])


@pytest.mark.parametrize("body", ["not json", "[]"])
def test_an_answer_that_is_no_step_is_refused(web: Web, api: PlatformApi, body: str) -> None:
    web.get(STEP, body=body)
    with pytest.raises(PlatformRefused, match="JSON"):
        api.retrieve_step()


def test_keys_are_stored_in_the_credential(web: Web, api: PlatformApi) -> None:
    keys = {"oauth": {"access_token": "t"}}
    url = "/v1/accounts/a1"
    web.put(url, status=204, wants_json={"keys": keys})
    api.update_account_keys("a1", keys)


def test_keys_without_a_credential_are_refused_before_anything_is_sent(api: PlatformApi) -> None:
    with pytest.raises(PlatformRefused, match="_account"):
        api.update_account_keys(None, {})


@pytest.mark.parametrize(("data", "stored"), [({"id": 1}, {"id": 1}), (None, {}), ({}, {}), (0, 0)])
def test_startup_data_is_stored(web: Web, api: PlatformApi, data: object, stored: object) -> None:
    web.post(HOOK, status=201)
    api.store_startup_data(data)
    assert json.loads(web.calls[0].body) == stored


def test_startup_data_of_an_earlier_start_gives_way(web: Web, api: PlatformApi) -> None:
    web.post(HOOK, status=409, json={"error": "exists"})
    web.delete(HOOK, status=204)
    web.post(HOOK, status=201)
    api.store_startup_data(None)
    assert [(call.method, call.body) for call in web.calls] == [
        ("POST", b"{}"),
        ("DELETE", b""),
        ("POST", b"{}"),
    ]


def test_startup_data_is_loaded_and_deleted(web: Web, api: PlatformApi) -> None:
    web.get(HOOK, json={"id": 1})
    web.delete(HOOK, status=204)
    assert api.load_startup_data() == {"id": 1}
    api.delete_startup_data()


# --- the result of a service -------------------------------------------------------------------------------------


def deliver(web: Web, user: str = "") -> None:
    post_result(
        ResultSettings(web.base.replace("//", f"//{user}") + RESULT), DOCUMENT, tries=Tries(2, 0, lambda _: None)
    )


def test_a_result_is_delivered(web: Web) -> None:
    web.post(RESULT, wants_json=DOCUMENT)
    deliver(web)
    assert "authorization" not in web.calls[0].headers


def test_user_and_password_in_the_address_become_authorization(web: Web) -> None:
    authorization = "Basic " + base64.b64encode(b"user:pa:ss").decode()
    web.post(RESULT, wants={"Authorization": authorization})
    deliver(web, "user:pa%3Ass@")


@pytest.mark.parametrize("status", [201, 302, 404, 500])
def test_only_200_is_success_and_no_password_is_told(web: Web, status: int) -> None:
    web.post(RESULT, status=status, body="Page not found")
    with pytest.raises(ResultNotDelivered) as failed:
        deliver(web, "user:geheim@")
    assert str(failed.value) == f"Failed to POST data to {web.base}{RESULT} ({status}, Page not found)"


def test_a_result_that_finds_nobody_is_not_delivered(web: Web) -> None:
    web.post(RESULT, status=CLOSED)
    with pytest.raises(ResultNotDelivered, match=r"ConnectionError|ProxyError"):
        deliver(web)


@pytest.mark.parametrize("name", ["config", "variables"])
def test_a_step_whose_data_are_of_another_shape_is_refused_in_plain_words(name: str) -> None:
    with pytest.raises(PlatformRefused, match=f"a {name} that is not a JSON object"):
        StepData.from_json({name: ["x"]})
