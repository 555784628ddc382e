"""The documentation: its tables, its links, and that it names what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pysailor.cli import main
from pysailor.component.component import Component
from pysailor.docs import UnknownMark, fill

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r'"((?:PYSAILOR|CHATGPT)_[A-Z_]*[A-Z])"')
INTERNAL = {"PYSAILOR_FLOW_PARENT"}
"""What one of our processes tells another."""
LINK = re.compile(r"\]\(([^)#:\s]+)\)")


def marks_of(*names: str) -> str:
    return "\n".join(f"<!-- pysailor:{name} -->" for name in names)


@pytest.mark.parametrize("marks", [("erors", "end"), ("errors",), ("end",), ("errors", "credentials", "end"), ("",)])
def test_a_mark_that_nothing_can_be_written_for_is_refused(echo: Path, marks: tuple[str, ...]) -> None:
    with pytest.raises(UnknownMark):
        fill(Component(echo), marks_of(*marks))


def test_what_stands_between_the_marks_is_written_anew_and_nothing_else(echo: Path) -> None:
    text = f"before\n{marks_of('credentials', 'end')}\nafter"
    once = fill(Component(echo), text)
    assert "| Password | `password` | yes |" in once
    assert once.startswith("before\n")
    assert once.endswith("\nafter")
    assert fill(Component(echo), once) == once


def test_every_page_with_marks_is_checked_and_written(echo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (echo / "docs" / "reference").mkdir(parents=True)
    pages = [echo / "README.md", echo / "docs" / "reference" / "errors.md", echo / "docs" / "plain.md"]
    for page in pages:
        page.write_text("nothing\n")
    pages[1].write_text(marks_of("errors", "end"))
    docs = ["--component", str(echo), "docs"]
    assert main([*docs, "--check"]) == 1
    assert "docs/reference/errors.md is out of date" in capsys.readouterr().err
    assert main(docs) == 0
    assert main([*docs, "--check"]) == 0
    pages[1].write_text(marks_of("erors", "end"))
    assert main([*docs, "--check"]) == 1
    assert 'docs/reference/errors.md: "erors" is not a known part' in capsys.readouterr().err


def test_the_runtimes_own_errors_are_a_part(echo: Path) -> None:
    filled = fill(Component(echo), marks_of("runtime_errors", "end"))
    assert "| `invalid_input` | InvalidInput |" in filled


def test_the_page_of_settings_names_every_variable_of_ours_that_the_code_reads() -> None:
    told = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    read = {
        name
        for room in ("lib", "pysailor", "components")
        for file in (ROOT / room).rglob("*.py")
        for name in VARIABLE.findall(file.read_text(encoding="utf-8"))
    }
    assert len(read) > 20  # or they are written in a way that this test does not see
    assert sorted(name for name in read - INTERNAL if f"`{name}`" not in told) == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    ahead = [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached:
            continue
        reached.add(page)
        targets = [(page.parent / link).resolve() for link in LINK.findall(page.read_text(encoding="utf-8"))]
        for target in targets:
            ahead += target.glob("*.md") if target.is_dir() else [target] if target.suffix == ".md" else []
    assert sorted(set((ROOT / "docs").rglob("*.md")) - reached) == []
