"""Log lines as the platform's pipeline reads them."""

from __future__ import annotations

import io
import json
import logging
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysailor.errors import InvalidSettings
from pysailor.log import BunyanFormatter, LogTo, Redaction, component_logger, level
from pysailor.platform.environment import log_context

if TYPE_CHECKING:
    from collections.abc import Iterator

IDS = {"threadId": "t", "messageId": "m", "parentMessageId": "p"}
CONTEXT = {"ELASTICIO_FLOW_ID": "flow", "tag": "flow"}


class Lines:
    """What was logged, line by line."""

    def __init__(self, stream: io.StringIO, redaction: Redaction) -> None:
        self.stream = stream
        self.redaction = redaction

    @property
    def last(self) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(self.stream.getvalue().splitlines()[-1])
        return line


@pytest.fixture
def lines() -> Iterator[Lines]:
    stream, redaction = io.StringIO(), Redaction(["top-secret"])
    with LogTo(stream, BunyanFormatter(CONTEXT, redaction), level("trace")):
        yield Lines(stream, redaction)


def test_a_line_has_what_bunyan_writes(lines: Lines) -> None:
    logging.getLogger("sailor").info("hello %s", "you")
    assert lines.last.keys() == {"name", "hostname", "pid", "level", "msg", "time", "v", *CONTEXT}
    assert {**lines.last, **CONTEXT, "name": "sailor", "level": 30, "msg": "hello you", "v": 0} == lines.last
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", lines.last["time"])


def test_a_component_logs_under_its_name_with_the_ids_of_its_message(lines: Lines) -> None:
    component_logger(IDS).warning("careful", extra={"attempt": 2, "ratio": 0.5})
    assert {**lines.last, **IDS, "name": "component", "level": 40, "attempt": 2, "ratio": 0.5} == lines.last


def test_somebody_elses_line_says_whose_it_is(lines: Lines) -> None:
    logging.getLogger("somebody.else").warning("x")
    assert (lines.last["name"], lines.last["logger"]) == ("sailor", "somebody.else")


@pytest.mark.parametrize(("python", "bunyan"), [(5, 10), (10, 20), (20, 30), (30, 40), (40, 50), (50, 60), (90, 60)])
def test_levels_are_numbers_of_bunyan(lines: Lines, python: int, bunyan: int) -> None:
    logging.getLogger("sailor").log(python, "x")
    assert lines.last["level"] == bunyan


def test_an_exception_is_one_line_that_tells_kind_and_place_and_none_of_its_texts(lines: Lines) -> None:
    def look_up(body: dict[str, str]) -> None:
        try:
            raise KeyError(body["private"])  # noqa: TRY301 - to be caught is what it is for
        except KeyError as error:
            raise ValueError(f"broken\n{body['private']}") from error

    body = {"private": "jane@example.com"}
    try:
        look_up(body)
    except ValueError:
        logging.getLogger("sailor").exception("failed")
    assert len(lines.stream.getvalue().splitlines()) == 1
    error = lines.last["err"]
    assert (lines.last["level"], error["name"]) == (50, "ValueError")
    assert re.search(r"test_log.py\", line \d+, in look_up\n(.*\n){1,2}KeyError\n\nwhich led to\n\n", error["stack"])
    assert error["stack"].endswith("\nValueError")
    assert "jane" not in lines.stream.getvalue()


def test_a_known_secret_is_masked_wherever_it_appears(lines: Lines) -> None:
    lines.redaction.hide(["sk-later", "abc"])
    try:
        raise ValueError("key sk-later refused")  # noqa: TRY301 - to be caught is what it is for
    except ValueError:
        logging.getLogger("sailor").exception(
            "top-secret at %s", {"k": "sk-later"}, extra={"deep": [{"x": "top-secret!"}], "short": "abc"}
        )
    assert "top-secret" not in lines.stream.getvalue()
    assert "sk-later" not in lines.stream.getvalue()
    assert (lines.last["deep"], lines.last["short"]) == ([{"x": "***!"}], "abc")


def test_a_secret_of_several_lines_is_masked_in_parts(lines: Lines) -> None:
    lines.redaction.hide(["Authorization: Bearer abcd1234secret\nX-Key: zzzz9999\nX-Short: abc"])
    logging.getLogger("sailor").info("Authorization was Bearer abcd1234secret, or abcd1234secret; X-Key zzzz9999; abc")
    assert lines.last["msg"] == "Authorization was ***, or ***; X-Key ***; abc"


def test_any_text_is_one_valid_line(lines: Lines) -> None:
    logging.getLogger("sailor").info("a\nb\u2028\ud83d %d%%", 5, extra={"n": float("nan"), "o": object})
    assert lines.last["msg"] == "a\nb\u2028\ud83d 5%"
    assert lines.stream.getvalue().isascii()


@pytest.mark.parametrize(
    ("text", "python"), [("trace", 5), ("debug", 10), ("INFO", 20), ("warn", 30), ("fatal", 50), ("40", 30), ("0", 5)]
)
def test_the_level_is_a_name_or_number_of_bunyan(text: str, python: int) -> None:
    assert level(text) == python


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(InvalidSettings, match="LOG_LEVEL is 'loud'"):
        level("loud")


def test_only_what_the_pipeline_wants_is_taken_from_the_environment() -> None:
    environ = {"ELASTICIO_FLOW_ID": "flow", "ELASTICIO_API_KEY": "secret", "PATH": "/", "ELASTICIO_STEP_ID": "s"}
    assert log_context(environ) == {"ELASTICIO_FLOW_ID": "flow", "ELASTICIO_STEP_ID": "s", "tag": "flow"}
    assert log_context({}) == {}


def test_logging_is_put_back_as_it_was() -> None:
    before = (logging.getLogger().level, list(logging.getLogger().handlers))
    with LogTo(io.StringIO(), BunyanFormatter({}, Redaction()), logging.DEBUG):
        assert logging.getLogger().level == logging.DEBUG
    assert (logging.getLogger().level, list(logging.getLogger().handlers)) == before


@given(
    st.dictionaries(
        st.text(max_size=5),
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text()
        | st.just("\ud800"),
    )
)
def test_a_line_is_what_json_makes_of_it_whoever_writes_it(members: dict[str, Any]) -> None:
    record = logging.LogRecord("sailor", logging.INFO, "", 0, "x", (), None)
    record.extra = members
    line = BunyanFormatter({}, Redaction()).format(record)
    assert line.isascii()
    assert json.loads(line)["extra"] == {name: json.loads(json.dumps(value)) for name, value in members.items()}
