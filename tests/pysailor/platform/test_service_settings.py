"""What `pysailor service` reads from its environment, and how it says what is wrong there."""

from __future__ import annotations

import pytest

from pysailor.errors import InvalidSettings
from pysailor.platform.settings import ResultSettings, ServiceSettings

SERVICE = {
    "ELASTICIO_CFG": '{"apiKey": "sk-secret"}',
    "ELASTICIO_API_URI": "http://api",
    "ELASTICIO_API_USERNAME": "user",
    "ELASTICIO_API_KEY": "key",
    "ELASTICIO_ACTION_OR_TRIGGER": "sendRequest",
    "ELASTICIO_GET_MODEL_METHOD": "model",
}


def test_a_service_misses_things_in_the_platforms_order_and_words() -> None:
    environ: dict[str, str] = {}
    for name, value in SERVICE.items():
        with pytest.raises(InvalidSettings, match=f"^{name} is not provided(;|$)"):
            ServiceSettings.from_environment("selectModel", environ)
        environ[name] = value
    found = ServiceSettings.from_environment("selectModel", environ)
    assert (found.function, found.model_method, found.cfg) == ("sendRequest", "model", {"apiKey": "sk-secret"})
    assert "sk-secret" not in repr(found)


def test_an_unknown_method_is_said_first() -> None:
    with pytest.raises(InvalidSettings, match=r'^Unknown service method "x"$'):
        ServiceSettings.from_environment("x", {})


@pytest.mark.parametrize("cfg", ["{", "[]", "null"])
def test_a_cfg_that_is_no_object_is_said_last(cfg: str) -> None:
    with pytest.raises(InvalidSettings, match=r"^Unable to parse CFG$"):
        ServiceSettings.from_environment("selectModel", {**SERVICE, "ELASTICIO_CFG": cfg})


def test_verification_needs_no_action() -> None:
    environ = {name: value for name, value in SERVICE.items() if "ACTION" not in name and "MODEL" not in name}
    assert ServiceSettings.from_environment("verifyCredentials", environ).function == ""


def test_where_the_result_goes_is_known_before_anything_else() -> None:
    with pytest.raises(InvalidSettings, match=r"^ELASTICIO_POST_RESULT_URL is not provided$"):
        ResultSettings.from_environment({})
    found = ResultSettings.from_environment({"ELASTICIO_POST_RESULT_URL": "http://user:secret@host/"})
    assert (found.url, found.retry_attempts) == ("http://user:secret@host/", 3)
    assert "secret" not in repr(found)


def test_all_that_is_wrong_for_a_service_is_told_at_once() -> None:
    environ = {"ELASTICIO_CFG": "[]", "PYSAILOR_SERVICE_DEADLINE": "-1", "LOG_LEVEL": "loud"}
    with pytest.raises(InvalidSettings) as caught:
        ServiceSettings.from_environment("selectModel", environ)
    for words in (
        *("API_URI is not provided", "API_USERNAME is not provided", "API_KEY is not provided"),
        *("ACTION_OR_TRIGGER is not provided", "GET_MODEL_METHOD is not provided", "Unable to parse CFG"),
        *("PYSAILOR_SERVICE_DEADLINE is -1", "LOG_LEVEL is 'loud'"),
    ):
        assert words in str(caught.value)
