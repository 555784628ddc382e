"""What the environment says, in the contract's order, words and readings."""

from __future__ import annotations

import math
from typing import Any

import pytest

from pysailor.errors import InvalidSettings
from pysailor.platform.settings import WorkerSettings
from pysailor.platform.variables import variables

ALWAYS = (
    *("FLOW_ID", "EXEC_ID", "STEP_ID", "CONTAINER_ID", "WORKSPACE_ID", "USER_ID", "COMP_ID", "FUNCTION"),
    *("API_URI", "API_USERNAME", "API_KEY"),
)
FOR_MESSAGES = (
    *("AMQP_URI", "LISTEN_MESSAGES_ON", "PUBLISH_MESSAGES_TO", "DATA_ROUTING_KEY", "ERROR_ROUTING_KEY"),
    *("REBOUND_ROUTING_KEY", "SNAPSHOT_ROUTING_KEY", "MESSAGE_CRYPTO_IV", "MESSAGE_CRYPTO_PASSWORD"),
)
ADDRESSES = {"ELASTICIO_API_URI": "https://api.example"}
SECRETS = {
    "ELASTICIO_API_KEY": "api-key-value",
    "ELASTICIO_AMQP_URI": "amqp://user:broker%2Dpassword@broker/vhost",
    "ELASTICIO_MESSAGE_CRYPTO_IV": "0123456789abcdef",
    "ELASTICIO_MESSAGE_CRYPTO_PASSWORD": "crypto-password",
}
COMPLETE = {f"ELASTICIO_{name}": name.lower() for name in ALWAYS + FOR_MESSAGES} | ADDRESSES | SECRETS


def read(**more: str) -> WorkerSettings:
    return WorkerSettings.from_environment({**COMPLETE, **more})


def test_everything_that_is_mandatory_is_missed_in_the_platforms_order_and_words() -> None:
    environ: dict[str, str] = {}
    for name in ALWAYS + FOR_MESSAGES:
        with pytest.raises(InvalidSettings, match=f"^ELASTICIO_{name} is missing(;|$)"):
            WorkerSettings.from_environment({**environ, f"ELASTICIO_{name}": ""})
        environ[f"ELASTICIO_{name}"] = COMPLETE[f"ELASTICIO_{name}"]
    assert WorkerSettings.from_environment(environ).step.flow_id == "flow_id"


def test_the_shutdown_hook_needs_no_broker_but_an_explicit_no_is_not_a_hook() -> None:
    environ = {f"ELASTICIO_{name}": "x" for name in ALWAYS} | ADDRESSES
    assert WorkerSettings.from_environment({**environ, "ELASTICIO_HOOK_SHUTDOWN": "true"}).amqp.uri == ""
    with pytest.raises(InvalidSettings, match="AMQP_URI is missing"):
        WorkerSettings.from_environment({**environ, "ELASTICIO_HOOK_SHUTDOWN": "false"})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20", 20),
        ("0", 0),
        ("", 100),
        ("abc", 100),
        ("12abc", 12),
        ("2.9", 2),
        ("1e3", 1),
        ("0x10", 16),
        (" 7", 7),
        ("+7", 7),
        ("Infinity", 100),
    ],
)
def test_numbers_are_read_as_node_reads_them_but_zero_is_a_number(text: str, value: int) -> None:
    assert read(ELASTICIO_RATE_INTERVAL=text).limits.rate_interval_ms == value


def test_what_is_not_a_number_is_remarked_upon() -> None:
    found = read(ELASTICIO_RATE_INTERVAL="abc", ELASTICIO_AMQP_PUBLISH_RETRY_ATTEMPTS="Infinity")
    assert found.remarks == (
        "ELASTICIO_AMQP_PUBLISH_RETRY_ATTEMPTS is not a number; it is taken as unset.",
        "ELASTICIO_RATE_INTERVAL is not a number; 100 is used.",
    )
    assert read().remarks == ()


@pytest.mark.parametrize(("name", "text"), [("RABBITMQ_PREFETCH_SAILOR", "0"), ("REBOUND_LIMIT", "-3")])
def test_a_number_that_makes_no_sense_is_refused_at_the_start(name: str, text: str) -> None:
    with pytest.raises(InvalidSettings, match=f"^ELASTICIO_{name} is {text}; it must be"):
        read(**{f"ELASTICIO_{name}": text})


@pytest.mark.parametrize(
    ("text", "value"), [("", False), ("false", False), ("true", True), ("0", True), ("FALSE", True), (" ", True)]
)
def test_yes_and_no_are_read_as_node_reads_them(text: str, value: bool) -> None:
    assert read(ELASTICIO_AMQP_PERSISTENT_MESSAGES=text).amqp.persistent is value


@pytest.mark.parametrize(("text", "value"), [("1.5", 1.5), ("0", 0.0), ("nan", None), ("soon", None), ("", None)])
def test_times_may_have_parts_of_seconds(text: str, value: float | None) -> None:
    assert read(PYSAILOR_MESSAGE_DEADLINE=text).limits.message_deadline == value


def test_unset_means_the_default() -> None:
    found = read()
    assert (found.amqp.prefetch, found.amqp.persistent, found.amqp.publish_retry_attempts) == (20, True, None)
    assert (found.limits.data_rate, found.limits.error_rate, found.limits.message_deadline) == (None, None, None)
    assert (found.behaviour.protocol_version, found.behaviour.input_format) == (1, "default")
    assert (found.storage.uri, found.storage.threshold, found.storage.lightweight) == (None, 1_048_576, False)


def test_what_the_platform_sets_is_what_counts() -> None:
    found = read(ELASTICIO_DATA_RATE_LIMIT="10", ELASTICIO_RABBITMQ_PREFETCH_SAILOR="1", ELASTICIO_PROTOCOL_VERSION="2")
    assert (found.limits.data_rate, found.amqp.prefetch, found.behaviour.protocol_version) == (10, 1, 2)


def test_additional_headers_are_trimmed_stripped_of_the_prefix_and_named_as_lodash_names_them() -> None:
    found = read(
        ELASTICIO_ADDITIONAL_VARS_FOR_HEADERS=" ELASTICIO_FLOW_VERSION, SECOND_ELASTICIO_ENV,X1_Y2,ABSENT,",
        ELASTICIO_FLOW_VERSION="7",
        SECOND_ELASTICIO_ENV="two",
        X1_Y2="",
        UNLISTED="no",
    )
    assert found.additional_headers == {"flowVersion": "7", "secondElasticioEnv": "two", "x1Y2": ""}


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("A__B", "aB"),
        ("_LEAD", "lead"),
        ("lowerCase", "lowerCase"),
        ("HTTPServer2x", "httpServer2X"),
        ("X_1ST_VAR", "x1stVar"),
        ("V2BETA", "v2Beta"),
        ("2FA_CODE", "2FaCode"),
        ("NO_2ND", "no2nd"),
        ("X_12TH", "x12Th"),
        ("1STX", "1Stx"),
    ],
)
def test_header_names_are_what_node_makes_of_them(name: str, header: str) -> None:
    assert read(**{"ELASTICIO_ADDITIONAL_VARS_FOR_HEADERS": name, name: "x"}).additional_headers == {header: "x"}


def test_no_secret_is_shown() -> None:
    token = "storage-token"
    found = read(ELASTICIO_OBJECT_STORAGE_TOKEN=token)
    shown = repr(found)
    for secret in (*SECRETS.values(), token, "broker"):
        assert secret not in shown
    assert set(found.secrets()) == {*SECRETS.values(), token, "broker%2Dpassword", "broker-password"}


def test_every_variable_is_declared_once_and_says_what_it_is() -> None:
    names = [variable.name for variable in variables()]
    assert len(names) == len(set(names))
    assert [name for name in names if name.removeprefix("ELASTICIO_") in ALWAYS + FOR_MESSAGES] == [
        variable.name for variable in variables() if variable.mandatory
    ]
    assert all(variable.help for variable in variables())


# --- services ----------------------------------------------------------------------------------------------------


def test_a_default_is_what_the_table_says() -> None:
    documented: dict[str, Any] = {variable.name: variable.default for variable in variables()}
    assert documented["ELASTICIO_REBOUND_INITIAL_EXPIRATION"] == 15_000
    assert math.isclose(documented["PYSAILOR_SHUTDOWN_DEADLINE"], 60)


@pytest.mark.parametrize(
    ("name", "text", "most"),
    [
        ("ELASTICIO_RABBITMQ_PREFETCH_SAILOR", "70000", "65535"),
        ("ELASTICIO_REBOUND_LIMIT", "9" * 5000, "2147483647"),
        ("PYSAILOR_SHUTDOWN_DEADLINE", "1e12", "86400"),
    ],
)
def test_a_number_has_an_upper_bound(name: str, text: str, most: str) -> None:
    with pytest.raises(InvalidSettings, match=f"^{name} is .{{1,20}}; it must be {most} or less"):
        read(**{name: text})


def test_a_value_that_is_not_known_is_remarked_upon() -> None:
    found = read(ELASTICIO_PROTOCOL_VERSION="3", ELASTICIO_INPUT_FORMAT="eror")
    assert set(found.remarks) == {
        "ELASTICIO_PROTOCOL_VERSION is 3, which is not known; it should be 1 or 2.",
        "ELASTICIO_INPUT_FORMAT is 'eror', which is not known; it should be 'default' or 'error'.",
    }


def test_all_faults_of_the_environment_are_named_at_once() -> None:
    with pytest.raises(InvalidSettings) as raised:
        read(ELASTICIO_FLOW_ID="", ELASTICIO_AMQP_URI="", ELASTICIO_REBOUND_LIMIT="-1")
    assert [fault.split()[0] for fault in str(raised.value).split("; ELASTICIO")] == [
        "ELASTICIO_FLOW_ID",
        "_AMQP_URI",
        "_REBOUND_LIMIT",
    ]


def test_a_broker_that_is_back_is_found_within_five_seconds() -> None:
    assert read().amqp.connect_max_delay_ms <= 3000


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidSettings) as caught:
        read(
            ELASTICIO_STEP_ID="",
            ELASTICIO_API_URI="api.example",
            ELASTICIO_AMQP_URI="amqp://user:the-secret@host:port/",
            ELASTICIO_MESSAGE_CRYPTO_IV="the-secret",
            ELASTICIO_OBJECT_STORAGE_URI="ftp://storage",
            ELASTICIO_RABBITMQ_PREFETCH_SAILOR="70000",
            ELASTICIO_RATE_INTERVAL="9" * 5000,
            PYSAILOR_SHUTDOWN_DEADLINE="1e12",
            LOG_LEVEL="loud",
        )
    assert str(caught.value) == (
        "ELASTICIO_STEP_ID is missing; "
        "ELASTICIO_API_URI is not an address like https://host/path; "
        "ELASTICIO_AMQP_URI is not an address like amqps://user:password@host/vhost; "
        "ELASTICIO_RABBITMQ_PREFETCH_SAILOR is 70000; it must be 65535 or less; "
        "ELASTICIO_MESSAGE_CRYPTO_IV has 10 bytes; it must have 16; "
        "ELASTICIO_RATE_INTERVAL is 1e+30; it must be 86400000 or less; "
        "PYSAILOR_SHUTDOWN_DEADLINE is 1e+12; it must be 86400 or less; "
        "ELASTICIO_OBJECT_STORAGE_URI is not an address like https://host/path; "
        "LOG_LEVEL is 'loud'; it must be one of trace, debug, info, warn, error, fatal, or a number"
    )


def test_every_number_has_an_upper_bound() -> None:
    numbers = [each for each in variables() if each.kind in ("whole number", "number")]
    assert numbers
    for each in numbers:
        with pytest.raises(InvalidSettings, match=f"{each.name} is .*; it must be .* or less"):
            read(**{each.name: "9" * 40})


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("ELASTICIO_PROTOCOL_VERSION", "3", "is 3, which is not known; it should be 1 or 2"),
        ("ELASTICIO_INPUT_FORMAT", "xml", "is 'xml', which is not known; it should be 'default' or 'error'"),
        ("ELASTICIO_STARTUP_REQUIRED", "no", "is 'no', which counts as yes; it should be 'true' or 'false'"),
        ("ELASTICIO_RABBITMQ_PREFETCH_SAILOR", "1e3", "is '1e3', which is not a whole number; 1 is used"),
        ("ELASTICIO_REBOUND_LIMIT", "5 times", "is '5 times', which is not a whole number; 5 is used"),
    ],
)
def test_a_value_that_is_read_as_another_is_remarked_upon(name: str, text: str, words: str) -> None:
    (remark,) = read(**{name: text}).remarks
    assert remark == f"{name} {words}."
