"""CSV read: rows in all the ways that files are written, and each fault with its place."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING, Any

import pytest

from pysailor import Context, Data, InvalidConfig, InvalidInput, Message, StepError
from pysailor.component.builtin import locate_builtin
from pysailor.component.component import Component, metadata
from pysailor.component.fields import bind
from pysailor.testing import run_step

if TYPE_CHECKING:
    from pathlib import Path

ROOT = locate_builtin("csv")


def read(path: Path, **cfg: Any) -> list[Any]:
    events = run_step(ROOT, "read", {}, cfg={"url": str(path), **cfg})
    return [event.message.body for event in events if isinstance(event, Data)]


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write_file(content: str | bytes) -> Path:
        path = tmp_path / "people.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("name,age\nAnn,7\n", [{"name": "Ann", "age": "7"}]),
        ("name,age\r\nAnn,7\r\n", [{"name": "Ann", "age": "7"}]),
        ("name;age\nAnn;7", [{"name": "Ann", "age": "7"}]),
        ("name\tage\nAnn\t7", [{"name": "Ann", "age": "7"}]),
        ('"a,b";c\n"1;2";3\n', [{"a,b": "1;2", "c": "3"}]),
        ('name,text\nAnn,"two\nlines, ""quoted"""\n', [{"name": "Ann", "text": 'two\nlines, "quoted"'}]),
        ("name,\nAnn,7\n", None),
        ("name,age,,\nAnn,7,,\n", [{"name": "Ann", "age": "7"}]),
        ("\n\nname\nAnn\n\n", [{"name": "Ann"}]),
        (b"\xef\xbb\xbfname\nAnn\n", [{"name": "Ann"}]),
        ("name\nÄnn\n".encode("utf-16"), [{"name": "Änn"}]),
        ("", []),
        ("name,age\n", []),
    ],
)
def test_rows_are_read(write: Any, content: str | bytes, rows: list[Any] | None) -> None:
    if rows is None:
        with pytest.raises(StepError, match=r"people\.csv:2: has 2 values, but there are 1 columns"):
            read(write(content))
    else:
        assert read(write(content)) == rows


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("name,age\nAnn,7\nBob\n", r"people\.csv:3: has 1 value, but there are 2 columns \(name, age\)"),
        ('name\n"Ann\nBob\n', r"people\.csv:2: a quote .* is opened in this record, and not closed up to line 3"),
        ('name\n"Ann"s\n', r"people\.csv:2: something stands behind the quote"),
        ("name,name\nAnn,Bob\n", r'people\.csv:1: the column "name" is there twice'),
        (b"name\nAnn\n\xc4nn\n", r"people\.csv:3: the byte 0xC4 at position 1 is not utf-8. Set the field Encoding"),
        ("x" * (16 * 2**20 + 1), r"people\.csv:1: the line is longer than 16 MiB"),
    ],
)
def test_a_broken_line_is_told_with_its_place(write: Any, content: str | bytes, told: str) -> None:
    with pytest.raises(StepError, match=told):
        read(write(content))


def test_a_broken_line_can_be_left_out(write: Any, caplog: pytest.LogCaptureFixture) -> None:
    path = write('name,age\nAnn,7\nBob\n"Cid"x,1\nDora,9\n')
    assert [row["name"] for row in read(path, onBrokenLine="skip")] == ["Ann", "Dora"]
    assert "people.csv:3: has 1 value" in caplog.text
    assert "people.csv:4: something stands behind the quote" in caplog.text


def test_other_encodings_are_read_as_the_step_says(write: Any) -> None:
    assert read(write("name\nÄnn €\n".encode("cp1252")), encoding="cp1252") == [{"name": "Änn €"}]


def test_types_are_converted_where_a_text_is_just_that(write: Any) -> None:
    path = write("a,b,c,d,e,f\n7,-1.5,true,007,1e999,\n")
    assert read(path, dynamicTyping=True) == [{"a": 7, "b": -1.5, "c": True, "d": "007", "e": "1e999", "f": ""}]


def test_without_a_header_columns_have_numbers(write: Any) -> None:
    assert read(write("Ann,7\n"), header=False) == [{"column0": "Ann", "column1": "7"}]


def test_rows_come_together_if_the_step_wants_it(write: Any) -> None:
    path = write("n\n1\n2\n3\n")
    assert read(path, emitAll="fetchAll") == [{"result": [{"n": "1"}, {"n": "2"}, {"n": "3"}]}]
    assert read(path, emitAll="emitBatch", batchSize=2) == [
        {"result": [{"n": "1"}, {"n": "2"}]},
        {"result": [{"n": "3"}]},
    ]


def test_a_missing_file_is_told_with_the_nearest(write: Any) -> None:
    path = write("name\n")
    with pytest.raises(StepError, match=r"there is no such file\. Did you mean .*people\.csv\?"):
        read(path.with_name("peple.csv"))
    with pytest.raises(StepError, match="is a folder"):
        read(path.parent)


def test_a_delimiter_is_one_sign(write: Any) -> None:
    with pytest.raises(InvalidConfig, match="is not a delimiter"):
        read(write("a\n1\n"), delimiter="::")


def test_a_field_of_a_megabyte_is_read(write: Any) -> None:
    assert read(write(f'a\n"{"x" * 2**20}"\n')) == [{"a": "x" * 2**20}]


def test_a_message_names_files_of_the_folder_only(write: Any, tmp_path: Path) -> None:
    write("name\nAnn\n")
    (event,) = run_step(ROOT, "read_action", {"url": "people.csv"}, cfg={"folder": str(tmp_path)})
    assert isinstance(event, Data)
    assert event.message.body == {"name": "Ann"}
    with pytest.raises(InvalidInput, match="lies outside of"):
        run_step(ROOT, "read_action", {"url": "../people.csv"}, cfg={"folder": str(tmp_path)})


def test_many_rows_take_no_more_memory_than_few(write: Any) -> None:
    path = write("no,name\n" + "".join(f"{n},Ann\n" for n in range(200_000)))
    loaded = Component(ROOT).function("read")
    process = loaded.get_function("process")
    rows = process(Message(), bind(loaded.fields, {"url": str(path)}), {}, Context())
    next(rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in rows) == 199_999
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4096


@pytest.mark.parametrize(
    ("content", "cfg", "given"),
    [
        ("name,age\nAnn,7\n", {}, {"name": "string", "age": "string"}),
        ("name,age\nAnn,7\n", {"dynamicTyping": True}, {"name": None, "age": None}),
        ("name,age\nAnn,7\n", {"emitAll": "fetchAll"}, {"result": "array"}),
        ("Ann,7\n", {"header": False}, {"column0": "string", "column1": "string"}),
    ],
)
def test_the_columns_that_a_file_has_are_what_the_step_gives(
    write: Any, content: str, cfg: Any, given: dict[str, Any]
) -> None:
    members = gives(url=str(write(content)), **cfg)["properties"]
    assert {name: each.get("type") for name, each in members.items()} == given


@pytest.mark.parametrize("url", ["https://tables.example/a.csv", "not-there.csv"])
def test_what_cannot_be_looked_at_may_have_any_columns(url: str) -> None:
    assert gives(url=url) == {"type": "object", "properties": {}, "additionalProperties": True}


def gives(**cfg: Any) -> Any:
    loaded = Component(ROOT).function("read")
    return metadata(loaded, bind(loaded.fields, cfg), Context())["out"]
