"""How one variable of the environment is declared and read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from pysailor.errors import InvalidSettings
from pysailor.platform import environment
from pysailor.platform.checks import check_broker_address, check_web_address
from pysailor.platform.environment import (
    additional_headers,
    flag,
    list_invalid,
    list_missing,
    log_context,
    mandatory,
    read,
    require,
    seconds,
    text,
    variable,
    variables_of,
    whole,
)


@dataclass(frozen=True)
class Group:
    """One field of each kind."""

    key: str = mandatory("KEY", "What opens the door.", "secret")
    name: str = text("NAME", "none", "What it is called.", choices=("none", "some"))
    wait: float = seconds("WAIT", 1.5, "How long.", least=0.5, most=10)
    count: int = whole("COUNT", 7, "", "How many.", least=1, most=100)
    loud: bool = flag("LOUD", False, "Whether it is heard.")


def read_with(**environ: str) -> tuple[Group, list[str]]:
    remarks: list[str] = []
    return read(Group, {"KEY": "k", **environ}, remarks.append), remarks


def test_what_is_unset_or_empty_is_the_default() -> None:
    assert read_with() == (Group("k"), [])
    assert read_with(NAME="", WAIT="", COUNT="") == (Group("k"), [])


@pytest.mark.parametrize(
    ("environ", "field", "value", "remark"),
    [
        ({"COUNT": "12"}, "count", 12, ""),
        ({"COUNT": "0x10"}, "count", 16, ""),
        ({"COUNT": " 12px"}, "count", 12, "COUNT is ' 12px', which is not a whole number; 12 is used."),
        ({"COUNT": "many"}, "count", 7, "COUNT is not a number; 7 is used."),
        ({"WAIT": "2.5"}, "wait", 2.5, ""),
        ({"WAIT": "inf"}, "wait", 1.5, "WAIT is not a number; 1.5 is used."),
        ({"NAME": "other"}, "name", "other", "NAME is 'other', which is not known; it should be 'none' or 'some'."),
        ({"LOUD": "1"}, "loud", True, ""),
        ({"LOUD": ""}, "loud", False, ""),
        ({"LOUD": "false"}, "loud", False, ""),
        ({"LOUD": "no"}, "loud", True, "LOUD is 'no', which counts as yes; it should be 'true' or 'false'."),
    ],
)
def test_what_is_set_is_read_and_what_is_not_understood_is_remarked_upon(
    environ: dict[str, str], field: str, value: Any, remark: str
) -> None:
    found, remarks = read_with(**environ)
    assert getattr(found, field) == value
    assert remarks == ([remark] if remark else [])


@pytest.mark.parametrize(
    ("environ", "fault"),
    [
        ({"COUNT": "0"}, "COUNT is 0; it must be 1 or more."),
        ({"COUNT": "101"}, "COUNT is 101; it must be 100 or less."),
        ({"COUNT": "9" * 5000}, "COUNT is 1e+30; it must be 100 or less."),
        ({"WAIT": "0.25"}, "WAIT is 0.25; it must be 0.5 or more."),
    ],
)
def test_what_is_out_of_range_is_an_error(environ: dict[str, str], fault: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        read_with(**environ)
    assert str(caught.value) == fault
    assert list_invalid(Group, {"KEY": "k", **environ}) == [fault]


def test_all_faults_of_a_group_are_found_at_once() -> None:
    assert len(list_invalid(Group, {"COUNT": "0", "WAIT": "0"})) == 2
    assert list_missing(Group, {"KEY": ""}) == ["KEY is missing"]
    assert list_missing(Group, {"KEY": "k"}) == []


def test_a_secret_is_not_in_a_groups_text() -> None:
    assert "hidden" not in repr(read_with(KEY="hidden")[0])


def test_the_variables_of_a_group_are_known_by_their_fields() -> None:
    assert [each.name for each in variables_of(Group).values()] == ["KEY", "NAME", "WAIT", "COUNT", "LOUD"]
    assert variable(Group, "wait").unit == "s"


@pytest.mark.parametrize("address", ["https://host", "http://host:8080/path"])
def test_a_web_address_is_taken(address: str) -> None:
    assert check_web_address(address) == ""


@pytest.mark.parametrize(
    "address", ["host", "ftp://host", "https://", "https://host:port", "https://host:0", "http://["]
)
def test_what_is_no_web_address_is_told_by_an_example(address: str) -> None:
    assert check_web_address(address) == "is not an address like https://host/path"


def test_a_brokers_address_is_one_of_amqp() -> None:
    assert check_broker_address("amqps://user:secret@host/vhost") == ""
    assert "amqps://" in check_broker_address("https://host")


def test_what_a_service_needs_is_required_in_the_platforms_words() -> None:
    assert require({"ELASTICIO_CFG": "{}"}, "CFG") == "{}"
    with pytest.raises(InvalidSettings, match=r"^ELASTICIO_CFG is not provided$"):
        require({"ELASTICIO_CFG": ""}, "CFG")


def test_the_headers_that_the_operator_asked_for_have_javascript_names() -> None:
    environ = {
        "ELASTICIO_ADDITIONAL_VARS_FOR_HEADERS": "ELASTICIO_FLOW_VERSION, MY_V2_NAME,ABSENT",
        "ELASTICIO_FLOW_VERSION": "7",
        "MY_V2_NAME": "n",
    }
    assert additional_headers(environ) == {"flowVersion": "7", "myV2Name": "n"}


def test_log_lines_carry_what_the_platform_wants_there_and_no_more() -> None:
    context = log_context({"ELASTICIO_FLOW_ID": "f", "ELASTICIO_API_KEY": "secret", "HOME": "/"})
    assert context == {"ELASTICIO_FLOW_ID": "f", "tag": "f"}
    assert log_context({}) == {}


def test_no_time_is_longer_than_a_day_and_no_number_larger_than_a_whole_one_unless_a_variable_says_so() -> None:
    @dataclass(frozen=True)
    class Bounds:
        long: float = seconds("LONG", None, "")
        ms: int | None = whole("MS", None, "ms", "")
        most: int | None = whole("MOST", None, "", "")

    found = {name: each.most for name, each in variables_of(Bounds).items()}
    assert found == {"long": environment.LONGEST, "ms": environment.LONGEST_MS, "most": environment.MOST}


@pytest.mark.parametrize(("found", "used"), [("some", "some"), (" Some ", "some"), ("sum", "none")])
def test_a_word_that_is_not_known_is_never_the_value_of_a_variable_of_our_own(found: str, used: str) -> None:
    @dataclass(frozen=True)
    class Own:
        name: str = text("PYSAILOR_NAME", "none", "What it is called.", choices=("none", "some"))

    remarks: list[str] = []
    assert read(Own, {"PYSAILOR_NAME": found}, remarks.append).name == used
    told = "PYSAILOR_NAME is 'sum', which is not known; it should be 'none' or 'some'; 'none' is used."
    assert remarks == ([told] if found == "sum" else [])
