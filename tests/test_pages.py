"""Decisions are numbered, one number for one decision, and what pages lead to is there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
INDEX = ROOT / "docs" / "decisions" / "README.md"
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *DECISIONS, INDEX]
NAMED = re.compile(r"`((?:lib|pysailor|components|bench|tools|tests|deploy|flows|samples|docs)/[A-Za-z0-9_./-]+)`")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def test_decisions_are_numbered_one_by_one() -> None:
    assert [file.name[:3] for file in DECISIONS] == [f"{number:03}" for number in range(1, len(DECISIONS) + 1)]


def test_the_index_lists_each_decision_under_its_title() -> None:
    titles = {file: file.read_text(encoding="utf-8").partition("\n")[0].partition(" · ")[2] for file in DECISIONS}
    rows = [f"| [{file.name[:3]}]({file.name}) | {title} |" for file, title in titles.items()]
    assert [row for row in INDEX.read_text(encoding="utf-8").splitlines() if row.startswith("| [")] == rows


def test_a_decision_begins_with_its_number_and_title() -> None:
    first = {file.name: file.read_text(encoding="utf-8").partition("\n")[0] for file in DECISIONS}
    assert [name for name, line in first.items() if not re.match(rf"# {name[:3]} · \S", line)] == []


def test_every_link_between_pages_leads_to_a_file() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_file_that_a_page_names_is_there() -> None:
    missing = [
        f"{page.relative_to(ROOT)}: {name}"
        for page in PAGES
        for name in NAMED.findall(page.read_text(encoding="utf-8"))
        if page.name != "CHANGELOG.md" and not (ROOT / name).exists()
    ]
    assert missing == []


def test_the_tree_shows_every_folder() -> None:
    tree = (ROOT / "docs/architecture.md").read_text(encoding="utf-8").partition("## The tree")[2].partition("\n## ")[0]
    folders = [file.parent for room in ("lib", "pysailor") for file in (ROOT / room).glob("*/*.*")]
    assert sorted({folder.name for folder in folders if f" {folder.name}/" not in tree} - {"__pycache__"}) == []


def test_every_library_has_its_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = (each for extra in project["optional-dependencies"].values() for each in extra)
    names = {re.sub(r"[^A-Za-z0-9-].*", "", each).lower() for each in (*project["dependencies"], *extras)}
    page = (ROOT / "docs/decisions/001-libraries.md").read_text(encoding="utf-8").lower()
    told = (name for name in names if name.startswith("types-") or name in page)
    assert names - {*told, project["name"]} == set()
