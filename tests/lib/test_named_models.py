"""What the project itself names as a model lasts for a year at least, by its own table."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from lib.chat.config.route import DEFAULT_MODEL
from lib.models.table import Models

ROOT = Path(__file__).parents[2]
MODELS = Models.load()
NAMED = re.compile(
    r"""(?:"model"|\bmodel|OPENAI_MODEL|'model')["']?\s*(?:[:=,]|=>)\s*["']?([a-z][a-z0-9./-]*\d[a-z0-9./-]*)"""
)
FILES = [
    *ROOT.glob("samples/**/*.json"),
    *ROOT.glob("samples/**/*.yaml"),
    *ROOT.glob("docs/*.md"),
    ROOT / "README.md",
    ROOT / "component.json",
    ROOT / "Makefile",
]


def ends_soon(name: str) -> bool:
    family = MODELS.find(name)
    return family is not None and family.gone is not None and family.gone < MODELS.as_of + timedelta(days=365)


def test_the_default_of_the_chat_lasts() -> None:
    assert MODELS.find(DEFAULT_MODEL) is not None
    assert not ends_soon(DEFAULT_MODEL)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_model_that_is_named_lasts(path: Path) -> None:
    named = NAMED.findall(path.read_text(encoding="utf-8"))
    assert [name for name in named if ends_soon(name)] == []
