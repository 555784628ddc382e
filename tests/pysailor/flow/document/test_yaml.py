"""A flow file is read as YAML 1.2 says; what readers understand differently is refused, with its place."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pysailor.flow.document import InvalidFlow
from pysailor.flow.document.source import parse

TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF, blacklist_categories=["Cc", "Cs"]), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("no", "no"),
        ("12:30", "12:30"),
        ("2026-01-02", "2026-01-02"),
        ("1_000", "1_000"),
        ("1e3", 1000.0),
        ("true", True),
        ("'true'", "true"),
        ("~", None),
        ("0", 0),
        ("-7", -7),
        ("1.50", 1.5),
        ("'010'", "010"),
        ("123456789012345678901234", 123456789012345678901234),
    ],
)
def test_a_plain_word_means_what_yaml_1_2_says(text: str, value: object) -> None:
    found = parse(f"a: {text}", "f").value["a"]

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("a: 010", "f:1:4", "write '010' or 10"),
        ("a: .inf", "f:1:4", "messages cannot hold"),
        (f"a: {'9' * 5000}", "f:1:4", "larger than numbers can be"),
        ("a: 1e999", "f:1:4", "larger than numbers can be"),
        ("a: 1\nb: 2\na: 3", "f:3:1", '"a" stands here twice, first in line 1'),
        ("a: !!python/name:os.system x", "f:1:4", "is a tag; leave it out"),
        ("[a]: 1", "f:1:1", "a name is a word"),
        ("x: &x {a: 1}\ny: {<<: *x}", "f:2:5", "merging with <<"),
        ("\ta: 1", "f:1:1", "not with tabs"),
        ('a: "Hi" & b', "f:1:10", "stands in quotes"),
        ("a: b: c", "f:1:5", "stands in '…' as a whole"),
    ],
)
def test_what_readers_understand_differently_is_refused_with_its_place(text: str, place: str, said: str) -> None:
    with pytest.raises(InvalidFlow) as caught:
        parse(text, "f")

    (finding,) = caught.value.findings
    assert str(finding.place) == place
    assert said in finding.message


def test_a_file_that_grows_without_end_is_refused() -> None:
    lines = [f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]" for before, name in pairwise("abcdefghi")]
    text = "\n".join(["a: &a [x, x, x, x, x, x, x, x, x, x]", *lines])

    with pytest.raises(InvalidFlow, match="too many values"):
        parse(text, "f")


def test_a_file_that_is_nested_too_deep_is_refused() -> None:
    with pytest.raises(InvalidFlow, match="nest"):
        parse("[" * 5000 + "]" * 5000, "f")
    with pytest.raises(InvalidFlow, match="nested too deep"):
        parse("[" * 80 + "]" * 80, "f")


@given(JSON)
def test_json_is_read_as_json(value: object) -> None:
    assert parse(json.dumps(value, ensure_ascii=False), "f").value == value


@given(TEXT)
def test_what_is_written_in_quotes_is_read_again(value: str) -> None:
    text = yaml.safe_dump({"a": value}, default_style='"', allow_unicode=True, width=1000)

    assert parse(text, "f").value == {"a": value}


def test_a_place_within_an_expression_is_found() -> None:
    source = parse("a: x + y\nb: 'x + y'\nc: |\n  x +\n   y\n", "f")

    def at(name: str) -> str:
        text = source.texts[(name,)]
        return str(text.at(text.text.index("y")))

    assert [at("a"), at("b"), at("c")] == ["f:1:8", "f:2:9", "f:5:4"]
