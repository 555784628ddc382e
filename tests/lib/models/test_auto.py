"""What "auto" stands for: the least expensive model that the key may use and that lasts."""

from __future__ import annotations

from datetime import date

import pytest

from lib.models.auto import choose_model
from lib.models.table import Models

MODELS = Models.load()
TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["gpt-5.2", "gpt-5.4-mini", "gpt-6-sol"], "gpt-5.4-mini"),
        (["gpt-4o-mini", "gpt-5.4-nano", "gpt-5.2"], "gpt-5.2"),
        (["gpt-6-luna", "gpt-5.4-mini"], "gpt-6-luna"),
        (["gpt-audio-1.5", "gpt-5-search-api", "gpt-6.2-sol", "gpt-5.2"], "gpt-5.2"),
        (["ft:gpt-4.1:acme::1", "gpt-6-pro", "gpt-5.2"], "gpt-5.2"),
        (["gpt-4o", "gpt-4.1"], None),
        (["llama3", "someone/unknown"], None),
        ([], None),
    ],
)
def test_the_least_expensive_that_lasts_and_takes_tools_is_chosen(names: list[str], chosen: str | None) -> None:
    assert choose_model(names, MODELS, TODAY) == chosen
    assert choose_model(reversed(names), MODELS, TODAY) == chosen
