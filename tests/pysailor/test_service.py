"""The questions of the platform's forms: what is asked, what is answered, and that there always is an answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pysailor import service
from tests.support.platform import KEY, USERNAME, Platform
from tests.support.stage import TINY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CFG = {"password": "open sesame", "_account": "the/account"}


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform() as made:
        yield made


class Asked:
    """One question; `exit_code` and the posted `document`."""

    def __init__(
        self,
        platform: Platform,
        method: str,
        cfg: Any = CFG,
        directory: Path | None = TINY,
        **changes: str | None,
    ) -> None:
        given = {
            "POST_RESULT_URL": f"{platform.uri}/result",
            "CFG": cfg if isinstance(cfg, str) else json.dumps(cfg),
            "API_URI": platform.uri,
            "API_USERNAME": USERNAME,
            "API_KEY": KEY,
            "API_REQUEST_RETRY_DELAY": "1",
            "ACTION_OR_TRIGGER": "obey",
            "GET_MODEL_METHOD": "tones",
            **changes,
        }
        environ = {f"ELASTICIO_{name}": value for name, value in given.items() if value is not None}
        environ |= {name: value for name, value in changes.items() if name.startswith("PYSAILOR") and value}
        self.exit_code = service.serve(method, environ, directory)
        self.document: Mapping[str, Any] = platform.results[-1] if platform.results else {}

    @property
    def data(self) -> Any:
        """Return the answer of a question that was answered."""
        assert self.exit_code == 0
        assert self.document["status"] == "success"
        return self.document.get("data")

    @property
    def error(self) -> str:
        """Return the words of an error."""
        assert self.exit_code == 0
        assert self.document["status"] == "error"
        return str(self.document["data"]["message"])


# --- what is missing ----------------------------------------------------------------------------------------------


def test_without_an_address_nobody_can_be_told(platform: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    asked = Asked(platform, "verifyCredentials", POST_RESULT_URL=None)
    assert (asked.exit_code, platform.calls) == (1, [])
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["msg"]) == (60, "ELASTICIO_POST_RESULT_URL is not provided")


@pytest.mark.parametrize(
    ("method", "missing", "words"),
    [
        ("guess", ("CFG", "API_URI"), 'Unknown service method "guess"'),
        ("selectModel", ("CFG", "API_URI", "ACTION_OR_TRIGGER"), "ELASTICIO_CFG is not provided"),
        ("selectModel", ("API_URI", "API_USERNAME", "API_KEY"), "ELASTICIO_API_URI is not provided"),
        ("selectModel", ("API_USERNAME", "API_KEY"), "ELASTICIO_API_USERNAME is not provided"),
        ("verifyCredentials", ("API_KEY", "ACTION_OR_TRIGGER"), "ELASTICIO_API_KEY is not provided"),
        ("getMetaModel", ("ACTION_OR_TRIGGER",), "ELASTICIO_ACTION_OR_TRIGGER is not provided"),
        ("selectModel", ("ACTION_OR_TRIGGER", "GET_MODEL_METHOD"), "ELASTICIO_ACTION_OR_TRIGGER is not provided"),
        ("selectModel", ("GET_MODEL_METHOD",), "ELASTICIO_GET_MODEL_METHOD is not provided"),
    ],
)
def test_the_first_thing_that_is_missing_is_named_first_in_the_platforms_words(
    platform: Platform, method: str, missing: tuple[str, ...], words: str
) -> None:
    assert Asked(platform, method, **dict.fromkeys(missing)).error.split("; ")[0] == words


@pytest.mark.parametrize("cfg", ["{", "[]", "7"])
def test_settings_that_are_no_object_are_an_error(platform: Platform, cfg: str) -> None:
    assert Asked(platform, "verifyCredentials", cfg).error == "Unable to parse CFG"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ACTION_OR_TRIGGER": "sing"}, 'Trigger or action "sing" is not found in component.json!'),
        ({"GET_MODEL_METHOD": "colours"}, 'Method "colours" is not found in "obey" action or trigger'),
        ({"GET_MODEL_METHOD": "Path.touch"}, 'Method "Path.touch" is not found in "obey" action or trigger'),
        ({"ACTION_OR_TRIGGER": "broken"}, "Failed to load file './lib/actions/broken.py'"),
    ],
)
def test_what_the_component_does_not_have_is_an_error(platform: Platform, changes: dict[str, Any], words: str) -> None:
    assert Asked(platform, "selectModel", **changes).error.startswith(words)


def test_a_component_that_is_not_there_is_an_error_with_its_place(platform: Platform) -> None:
    error = Asked(platform, "selectModel", directory=None, COMPONENT_PATH="/nowhere").error
    assert error == f"Failed to load component.json from {Path.cwd() / 'nowhere'}"


# --- verifyCredentials ---------------------------------------------------------------------------------------------


def test_a_credential_that_works_is_verified(platform: Platform) -> None:
    assert Asked(platform, "verifyCredentials", ACTION_OR_TRIGGER=None).data == {"verified": True}


def test_a_credential_that_does_not_is_refused_with_the_reason_and_status_success(platform: Platform) -> None:
    asked = Asked(platform, "verifyCredentials", {"password": "please"})
    assert asked.data == {"verified": False, "reason": "That is not the word."}


def test_a_credential_without_its_required_field_is_refused_with_what_to_do(platform: Platform) -> None:
    data = Asked(platform, "verifyCredentials", {}).data
    assert data == {"verified": False, "reason": '/password: "Password" is missing; fill it in on the credential'}


@pytest.mark.parametrize(
    ("password", "answer"),
    [
        ("no", {"verified": False}),
        ("none", {"verified": True}),
        ("because", {"verified": False, "because": "of the moon"}),
        ("crash", {"verified": False, "reason": "division by zero"}),
    ],
)
def test_whatever_a_verifier_returns_or_raises_only_a_yes_is_a_yes(
    platform: Platform, password: str, answer: Any
) -> None:
    assert Asked(platform, "verifyCredentials", {"password": password}).data == answer


def test_a_verifier_that_ends_the_process_has_not_said_yes(platform: Platform) -> None:
    data = Asked(platform, "verifyCredentials", {"password": "leave"}).data
    assert (data["verified"], "tried to end the process" in data["reason"]) == (False, True)


def test_a_verifier_that_hangs_is_answered_for_before_the_platform_gives_up(platform: Platform) -> None:
    data = Asked(platform, "verifyCredentials", {"password": "hang"}, PYSAILOR_SERVICE_DEADLINE="0.2").data
    assert data == {"verified": False, "reason": "There was no answer within 0.2 seconds. Try again later."}


def test_a_verifier_that_cannot_be_loaded_has_not_said_yes(platform: Platform, tmp_path: Path) -> None:
    declare(tmp_path, credentials={"verifier": "./lib/gone.py"})
    data = Asked(platform, "verifyCredentials", {}, tmp_path).data
    assert (data["verified"], "./lib/gone.py" in data["reason"]) == (False, True)


def test_a_component_without_a_verifier_has_nothing_against_a_credential(platform: Platform, tmp_path: Path) -> None:
    declare(tmp_path, credentials={})
    assert Asked(platform, "verifyCredentials", {}, tmp_path).data == {"verified": True}


def declare(folder: Path, **changes: Any) -> None:
    declared = json.loads((TINY / "component.json").read_text())
    (folder / "component.json").write_text(json.dumps({**declared, **changes}))


# --- selectModel, getMetaModel -------------------------------------------------------------------------------------


def test_a_select_model_gives_its_choices_and_stores_fresh_keys(platform: Platform) -> None:
    assert Asked(platform, "selectModel").data == {"loud": "Loud", "soft": "Soft"}
    (stored,) = platform.called("PUT")
    assert (stored.path, stored.body) == ("/v1/accounts/the%2Faccount", {"keys": {"oauth": {"access_token": "fresh"}}})


def test_keys_that_are_not_stored_do_not_keep_the_choices_back(platform: Platform) -> None:
    platform.answers["PUT", "/v1/accounts/the%2Faccount"] = [400]
    assert Asked(platform, "selectModel").data == {"loud": "Loud", "soft": "Soft"}


def test_the_form_may_be_half_filled_in(platform: Platform) -> None:
    assert Asked(platform, "selectModel", {**CFG, "tone": ""}).data == {"loud": "Loud", "soft": "Soft"}


def test_a_select_model_that_fails_says_why(platform: Platform) -> None:
    assert Asked(platform, "selectModel", {**CFG, "tone": "wrong"}).error == "there is no such tone"


def test_what_has_no_form_in_json_is_an_error_and_not_silence(platform: Platform) -> None:
    error = Asked(platform, "selectModel", GET_MODEL_METHOD="unwritable").error
    assert error.startswith("The value cannot be written as JSON")


def test_a_meta_model_may_depend_on_the_settings(platform: Platform) -> None:
    data = Asked(platform, "getMetaModel", {**CFG, "table": "people"}, ACTION_OR_TRIGGER="hooked").data
    assert data == {"in": {"type": "object", "properties": {}}, "out": {"title": "people"}}


def test_a_meta_model_that_fails_says_where(platform: Platform) -> None:
    error = Asked(platform, "getMetaModel", {**CFG, "failsAt": "meta"}, ACTION_OR_TRIGGER="hooked").error
    assert error == "/table: there is no such table"


def test_schemas_that_are_declared_are_given_as_they_are(platform: Platform) -> None:
    declared = json.loads((TINY / "component.json").read_text())["actions"]["obey"]["metadata"]
    assert Asked(platform, "getMetaModel").data == declared


# --- delivery ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [201, 204, 302, 404])
def test_only_status_200_is_delivered(platform: Platform, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    platform.answers["POST", "/result"] = [status] * 5
    assert Asked(platform, "selectModel").exit_code == 1
    assert len(platform.called("POST", "/result")) == 1
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()][-1]
    assert said["level"] == 60
    assert said["msg"].startswith(f"Failed to POST data to {platform.uri}/result ({status}, ")


def test_a_delivery_that_fails_is_tried_again_as_often_as_the_platform_says(platform: Platform) -> None:
    platform.answers["POST", "/result"] = [503, 502]
    assert Asked(platform, "selectModel", API_REQUEST_RETRY_ATTEMPTS="3").exit_code == 0
    platform.answers["POST", "/result"] = [503, 502]
    assert Asked(platform, "selectModel", API_REQUEST_RETRY_ATTEMPTS="2").exit_code == 1


def test_user_and_password_of_the_address_are_sent_as_authorization_and_never_logged(
    platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    address = platform.uri.replace("http://", "http://me:p%40ssword@") + "/result"
    platform.answers["POST", "/result"] = [404]
    assert Asked(platform, "selectModel", POST_RESULT_URL=address).exit_code == 1
    (call,) = platform.called("POST", "/result")
    assert call.headers["authorization"] == "Basic bWU6cEBzc3dvcmQ="
    assert "ssword" not in capsys.readouterr().out


def test_the_log_holds_neither_the_settings_nor_the_keys(
    platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    Asked(platform, "selectModel", {**CFG, "tone": "wrong", "password": "the-secret-word"})
    said = capsys.readouterr().out
    assert said
    assert "the-secret-word" not in said
    assert KEY not in said
