"""What the paper names is there: a path in the documentation leads to a file, a link to a heading."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
# Other than pysailor/, which speaks of any component's files, these speak of this repository's only.
TEXTS = [
    ROOT / "Makefile",
    ROOT / "Dockerfile",
    *sorted(
        path for room in ("lib", "bench", "deploy", "tools") for path in (ROOT / room).rglob("*") if path.is_file()
    ),
]
ROOMS = "lib|pysailor|docs|bench|deploy|samples|tests|tools|examples|flows"
_CODE = re.compile(rf"`((?:{ROOMS}|\.github)/[\w./*-]*)(?:::?\w+)?`")
_PLAIN = re.compile(rf"(?<![\w./<-])((?:{ROOMS})/[\w./-]+\.(?:py|md|json|yaml|toml))\b")
_MODULE = re.compile(r"`((?:lib|pysailor)(?:\.\w+)+)`")
_LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)")
# These guide the author of any component: lib/ is the reader's own there.
GUIDES = {ROOT / "docs/writing-a-step.md", *ROOT.glob("examples/**/*.md")}


def is_there(path: str, page: Path) -> bool:
    return (page in GUIDES and path.startswith(("lib/", "tests/", "samples/"))) or any(ROOT.glob(path.rstrip("/")))


def is_importable(module: str) -> bool:
    """Whether it is a module, or a name in one."""
    parts = module.split(".")
    for length in range(len(parts), 1, -1):
        path = ROOT.joinpath(*parts[:length])
        if path.is_dir() or path.with_suffix(".py").is_file():
            return length >= len(parts) - 1  # the last word may be a name in the module
    return len(parts) == 2 and parts[1] in (ROOT / parts[0] / "__init__.py").read_text()


def headings(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_path_in_the_documentation_exists(page: Path) -> None:
    text = page.read_text()
    assert [path for path in (*_CODE.findall(text), *_PLAIN.findall(text)) if not is_there(path, page)] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_module_in_the_documentation_exists(page: Path) -> None:
    assert [module for module in _MODULE.findall(page.read_text()) if not is_importable(module)] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_link_in_the_documentation_leads_somewhere(page: Path) -> None:
    for target, heading in _LINK.findall(page.read_text()):
        linked = (page.parent / target).resolve() if target else page
        assert linked.exists(), target
        assert not heading or heading in headings(linked), f"{target}#{heading}"


def test_a_path_in_a_comment_or_a_build_file_exists() -> None:
    for file in TEXTS:
        if file.suffix in (".py", ".yaml", "") and "__pycache__" not in file.parts and "node_modules" not in file.parts:
            gone = [path for path in _PLAIN.findall(file.read_text()) if not is_there(path, file)]
            assert gone == [], _name(file)
