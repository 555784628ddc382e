"""Files read and written: lines, JSON, folders; whole lines only, whoever else writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from pysailor import Data, InvalidConfig, InvalidInput, StepError
from pysailor.component.builtin import locate_builtin
from pysailor.component.component import Component
from pysailor.testing import run_step

if TYPE_CHECKING:
    from pathlib import Path

ROOT = locate_builtin("file")
CSV = locate_builtin("csv")


def bodies(function: str, body: Any, root: Path = ROOT, **cfg: Any) -> list[Any]:
    return [event.message.body for event in run_step(root, function, body, cfg=cfg) if isinstance(event, Data)]


@pytest.mark.parametrize(
    ("content", "items"),
    [
        ('{"a": 1}\n\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        ('[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        ('{\n  "a": 1\n}\n', [{"a": 1}]),
        ('7\n"x"\n', [{"value": 7}, {"value": "x"}]),
        ("[1]\n[2]\n", [{"value": [1]}, {"value": [2]}]),
        ("", []),
        ("\n \n", []),
    ],
)
def test_json_is_read_in_its_three_forms(tmp_path: Path, content: str, items: list[Any]) -> None:
    (tmp_path / "a.json").write_text(content)
    assert bodies("json", {}, url=str(tmp_path / "a.json")) == items


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"a": 1}\n{"a": \n', r"a\.json:2:6: this is not JSON"),
        ('[\n{"a": 1},\n{"a" 2}]', r"a\.json:3:6: this is not JSON"),
        ('{"a": 1}\n{"a": NaN}\n', r"a\.json:2: this is not JSON: NaN is not a number"),
        ("[" * 100_000, r"a\.json:1: the JSON is nested too deeply"),
    ],
)
def test_broken_json_is_told_with_its_place(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(StepError, match=told):
        bodies("json", {}, url=str(tmp_path / "a.json"))


def test_lines_are_read_without_their_endings(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\r\n\ntwo")
    assert [(body["line"], body["_number"]) for body in bodies("lines", {}, url=str(tmp_path / "a.txt"))] == [
        ("one", 1),
        ("two", 3),
    ]


def test_a_folder_is_read_in_order(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("b")
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "c.pdf").write_bytes(b"%PDF")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/d.txt").write_text("d")
    found = bodies("folder", {}, path=str(tmp_path), pattern="*.txt", recursive=True)
    assert [(body["name"], body["text"]) for body in found] == [("a.txt", "a"), ("b.txt", "b"), ("d.txt", "d")]
    (pdf,) = bodies("folder", {}, path=str(tmp_path), pattern="*.pdf", content="dataUrl")
    assert (pdf["type"], pdf["dataUrl"]) == ("application/pdf", "data:application/pdf;base64,JVBERg==")


def test_a_file_that_is_too_large_or_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a\n\xff")
    with pytest.raises(StepError, match=r"a\.txt:2: the byte 0xFF is not utf-8"):
        bodies("folder", {}, path=str(tmp_path))
    with pytest.raises(StepError, match=r"a\.txt: has 3 bytes, more than the 1"):
        bodies("folder", {}, path=str(tmp_path), largest=1e-6)
    with pytest.raises(InvalidConfig, match="is not a folder"):
        bodies("folder", {}, path=str(tmp_path / "a.txt"))


def test_many_threads_append_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "out" / "all.jsonl"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: bodies("append", {"line": {"n": n, "x": "é" * 5000}}, path=str(path)), range(100)))
    assert sorted(json.loads(line)["n"] for line in path.read_text().splitlines()) == list(range(100))


def test_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    path.write_text('{"n": 1}\n{"n": ')
    bodies("append", {"line": {"n": 3}}, path=str(path))
    assert path.read_text() == '{"n": 1}\n{"n": \n{"n": 3}\n'


def test_a_full_disk_is_told_and_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    path.write_text("1\n")
    program = """if True:
        import resource, signal, sys
        from pysailor.testing import run_step
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        run_step(sys.argv[1], "append", {"line": "x" * 5000}, cfg={"path": sys.argv[2]})
    """
    done = subprocess.run([sys.executable, "-c", program, ROOT, path], check=False, capture_output=True, text=True)
    assert "all.jsonl: cannot be written: File too large" in done.stderr
    assert path.read_text() == "1\n"
    with pytest.raises(StepError, match=r"/dev/full: there is no room left on its disk") as told:
        bodies("append", {"line": 1}, path="/dev/full")
    assert told.value.to_json()["retryable"] is True


def append_when_closed(module: Any, pipe: Path, reader: int) -> None:
    with module.lock(pipe) as file:
        os.close(reader)
        file.append(b"x\n")


def test_a_pipe_that_nobody_reads_any_more_is_told(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    module = Component(ROOT).module("lib/appending.py")
    with pytest.raises(StepError, match="the program that read this pipe is gone"):
        append_when_closed(module, pipe, reader)


def test_a_message_writes_below_the_folder_only(tmp_path: Path) -> None:
    bodies("append", {"path": "a/b.jsonl", "line": 1}, folder=str(tmp_path))
    assert (tmp_path / "a/b.jsonl").read_text() == "1\n"
    for name in ("../b", "/etc/b", "a/../../b"):
        with pytest.raises(InvalidInput, match="lies outside of"):
            bodies("append", {"path": name, "line": 1}, folder=str(tmp_path))
    with pytest.raises(InvalidInput, match="/path: is missing; map it"):
        bodies("append", {"line": 1})


def test_text_lines_stay_one_line(tmp_path: Path) -> None:
    bodies("append", {"line": "a\r\nb"}, path=str(tmp_path / "a.txt"), format="text")
    assert (tmp_path / "a.txt").read_text() == "a b\n"


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.bin"
    assert bodies("write", {"content": "data:x/y;base64,AAE="}, path=str(path)) == [
        {"path": str(path), "size": 2, "written": True}
    ]
    assert path.read_bytes() == b"\0\1"
    assert bodies("write", {"content": "new"}, path=str(path), ifExists="keep")[0]["written"] is False
    with pytest.raises(StepError, match="is already there"):
        bodies("write", {"content": "new"}, path=str(path), ifExists="fail")
    bodies("write", {"content": {"a": "é"}}, path=str(path))
    assert json.loads(path.read_text()) == {"a": "é"}
    assert [entry.name for entry in path.parent.iterdir()] == ["a.bin"]
    with pytest.raises(InvalidInput, match="its base64 is broken"):
        bodies("write", {"content": "data:x/y;base64,A"}, path=str(path))


def test_rows_are_appended_below_one_header(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with ThreadPoolExecutor(4) as pool:
        rows = [{"no": n, "text": 'say "hi", é'} for n in range(20)]
        list(pool.map(lambda row: bodies("append", {"row": row}, CSV, path=str(path)), rows))
    read = bodies("read", {}, CSV, url=str(path), dynamicTyping=True)
    assert sorted(read, key=lambda row: int(row["no"])) == rows
    bodies("append", {"row": {"text": None, "no": {"a": True}}}, CSV, path=str(path))
    assert path.read_text().splitlines()[-1] == '"{""a"": true}",'
    with pytest.raises(InvalidInput, match=r'"other" is not a column of .*a\.csv, which has: no, text'):
        bodies("append", {"row": {"other": 1}}, CSV, path=str(path))


@pytest.mark.parametrize(("function", "field"), [("lines", "url"), ("folder", "path"), ("append", "path")])
def test_a_path_that_no_system_can_hold_is_told(function: str, field: str) -> None:
    cfg: dict[str, Any] = {field: "a\0b"}
    with pytest.raises(InvalidConfig, match="has the character NUL"):
        bodies(function, {"line": "x"}, **cfg)


@pytest.mark.parametrize(
    ("url", "error", "told"),
    [
        ("http://[::1/a", InvalidConfig, r"/url: 'http://\[::1/a' is not an address"),
        ("//no[such/a.txt", StepError, r"no\[such"),
    ],
)
def test_brackets_that_stand_alone_in_an_address_or_path_are_told(url: str, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        bodies("lines", {}, url=url)
