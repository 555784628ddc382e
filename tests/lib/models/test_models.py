"""The table of models: what is found for an id, what a user's file changes, and the list to choose from."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from lib.models.choices import chat_models
from lib.models.table import Models
from pysailor import InvalidConfig

if TYPE_CHECKING:
    from pathlib import Path

MODELS = Models.load()
TODAY = date(2026, 11, 20)


def own(path: Path, document: Any) -> Path:
    file = path / "models.json"
    file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("model_id", "family", "row"),
    [
        ("gpt-5.4", "gpt-5.4", "gpt-5.4"),
        ("gpt-5.4-2026-03-05", "gpt-5.4", "gpt-5.4"),
        ("gpt-5.4-mini-2026-03-17", "gpt-5.4", "gpt-5.4-mini"),
        ("openai/gpt-4o", "gpt-4o", "gpt-4o"),
        ("openrouter/openai/gpt-4o-mini:online", "gpt-4o", "gpt-4o-mini"),
        ("ft:gpt-4.1-2025-04-14:acme:helper:9", "gpt-4.1", "ft:gpt-4.1"),
        ("ft:o4-mini-2025-04-16:acme::9", "o-series", None),
        ("gpt-4o-2024-05-13", "gpt-4o", "gpt-4o-2024-05-13"),
        ("gpt-5.2-pro", "responses only", "gpt-5.2-pro"),
        ("gpt-6-cyber", "responses only", None),
        ("gpt-5.1-codex-max", "responses only", None),
        ("o3-deep-research-2025-06-26", "responses only", None),
        ("gpt-6.1-sol", "gpt-6-astra", "gpt-6.1-sol"),
        ("gpt-5-search-api-2025-10-14", "gpt-5-search", "gpt-5-search-api"),
    ],
)
def test_an_id_is_recognised_however_it_is_written(model_id: str, family: str, row: str | None) -> None:
    found = MODELS.find(model_id)
    assert found is not None
    assert (found.name, found.model) == (family, row)


@pytest.mark.parametrize(
    "model_id", ["", "ft:", "ft:x:y", "llama-3", "gpt-oss-120b", "gpt-7", "deepseek/gpt-5", "o3:x"]
)
def test_what_is_not_known_stays_unknown(model_id: str) -> None:
    assert MODELS.find(model_id) is None


@pytest.mark.parametrize(
    ("model_id", "prompt", "cached", "answer", "gone"),
    [
        ("gpt-6-astra", "10", "1", "50", None),
        ("gpt-6.1-terra", "1", "0.05", "5", None),
        ("gpt-5.6-luna", "0.20", "0.02", "1.20", None),
        ("gpt-5.4-nano", "0.20", "0.02", "1.25", date(2027, 4, 1)),
        ("gpt-5", "1.25", "0.125", "10", date(2026, 12, 11)),
        ("gpt-4.1-mini", "0.40", "0.10", "1.60", date(2027, 1, 14)),
        ("o3", "2", "0.50", "8", date(2026, 12, 11)),
    ],
)
def test_prices_and_days_are_those_of_the_source(
    model_id: str,
    prompt: str,
    cached: str,
    answer: str,
    gone: date | None,
) -> None:
    found = MODELS.find(model_id)
    assert found is not None
    assert found.price is not None
    assert (found.price.input, found.price.cached, found.price.output) == tuple(map(Decimal, (prompt, cached, answer)))
    assert found.gone == gone


def test_a_fine_tuned_model_keeps_the_limits_of_its_base_and_not_its_price() -> None:
    tuned, base = MODELS.find("ft:gpt-5:acme::1"), MODELS.find("gpt-5")
    assert tuned is not None
    assert base is not None
    assert tuned.fine_tuned
    assert tuned.context == base.context
    assert tuned.price is None


def test_the_table_is_dated_and_names_its_source() -> None:
    assert date(2026, 11, 1) <= MODELS.as_of <= TODAY
    assert MODELS.source


def test_a_users_row_changes_one_member_and_carries_the_users_date(tmp_path: Path) -> None:
    file = own(tmp_path, {"as_of": "2027-02-01", "models": {"gpt-5.4": {"price": {"input": 2, "output": 12.5}}}})
    changed, untouched = Models.load(file).find("gpt-5.4"), Models.load(file).find("gpt-5.5")
    assert changed is not None
    assert changed.price is not None
    assert (changed.price.output, changed.as_of) == (Decimal("12.5"), date(2027, 2, 1))
    assert changed.tools == "effort none"
    assert untouched == MODELS.find("gpt-5.5")


def test_a_user_can_price_a_model_that_is_not_in_the_table(tmp_path: Path) -> None:
    found = Models.load(own(tmp_path, {"models": {"qwen3": {"price": {"input": 0, "output": 0}}}})).find("qwen3")
    assert found is not None
    assert found.price is not None
    assert not found.refuses


def test_a_user_can_say_that_a_deployment_is_of_a_family(tmp_path: Path) -> None:
    found = Models.load(own(tmp_path, {"models": {"our-chat": {"family": "gpt-5.4"}}})).find("our-chat")
    assert found is not None
    assert (found.name, found.tools) == ("gpt-5.4", "effort none")


def test_a_users_family_is_asked_first(tmp_path: Path) -> None:
    ours = {"ours": {"like": "gpt-4o", "match": ["gpt-5\\.5"], "context": 99}}
    found = Models.load(own(tmp_path, {"families": ours})).find("gpt-5.5")
    assert found is not None
    assert (found.name, found.context) == ("ours", 99)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("{", "is not JSON"),
        ([], "must be"),
        ({"models": {"a": 3}}, "must be"),
        ({"models": {"gpt-5": {"prize": 3}}}, "gpt-5: prize is not known here; allowed: as_of, audio"),
        ({"models": {"gpt-5": {"gone": "soon"}}}, "gpt-5: "),
        ({"models": {"gpt-5": {"price": {"input": "cheap"}}}}, "gpt-5: "),
        ({"models": {"ours": {"family": "gpt-9"}}}, "ours: there is no family gpt-9"),
        ({"families": {"ours": {"match": ["("]}}}, "cannot be used"),
        ({"families": {"ours": {"like": "theirs"}}}, "from ours to theirs"),
        ({"families": {"a": {"like": "b"}, "b": {"like": "a"}}}, "like"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_and_the_entry(tmp_path: Path, document: Any, told: str) -> None:
    file = own(tmp_path, document)
    with pytest.raises(InvalidConfig) as refused:
        Models.load(file)
    assert str(file) in str(refused.value)
    assert told in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="cannot be read"):
        Models.load(tmp_path / "none.json")


# --- the list ----------------------------------------------------------------------------------------------------


def listing(*entries: tuple[str, int] | tuple[str, int, str | None]) -> dict[str, Any]:
    data = [dict(zip(("id", "created", "shutdown_date"), entry, strict=False)) for entry in entries]
    return {"object": "list", "data": data}


def test_chat_models_are_kept_newest_first() -> None:
    answer = listing(("gpt-5.4", 5), ("text-embedding-3-small", 9), ("gpt-6-sol", 8), ("gpt-5.4-2026-03-05", 5))
    assert list(chat_models(answer, TODAY, MODELS)) == ["gpt-6-sol", "gpt-5.4", "gpt-5.4-2026-03-05"]


@pytest.mark.parametrize(
    "model_id",
    [
        *("whisper-1", "tts-1-hd", "gpt-4o-mini-tts", "gpt-4o-transcribe", "gpt-realtime", "gpt-image-1", "dall-e-3"),
        *("sora-2", "omni-moderation-latest", "davinci-002", "computer-use-preview", "gpt-3.5-turbo-instruct"),
        *("o4-mini-deep-research", "gpt-4o-search-preview"),
    ],
)
def test_what_is_not_for_chat_is_left_out(model_id: str) -> None:
    assert chat_models(listing((model_id, 1)), TODAY, MODELS) == {}


@pytest.mark.parametrize(
    "model_id",
    [
        "gpt-5.3-codex",
        "gpt-5.2-pro",
        "o3-pro-2025-06-10",
        "gpt-5-search-api",
        "ft:gpt-4o:acme:image-search:1",
        "o3",
        "chatgpt-4o-latest",
        "gpt-audio-1.5",
        "gpt-9-prompt",
    ],
)
def test_what_is_for_chat_is_kept(model_id: str) -> None:
    assert list(chat_models(listing((model_id, 1)), TODAY, MODELS)) == [model_id]


def test_other_servers_models_are_never_dropped() -> None:
    names = [
        "qwen3-embedding",
        "claude-x",
        "mistral/search-1",
        "openai/gpt-4o",
        "gpt-oss-20b",
        "text-embedding-3-small",
    ]
    kept = chat_models(listing(*((name, 1) for name in names)), TODAY, MODELS, public_api=False)
    assert list(kept) == names[:-1]
    assert chat_models(listing(("qwen3", 1)), TODAY, MODELS) == {}


@pytest.mark.parametrize(
    ("entry", "label"),
    [
        (("gpt-5", 1), "gpt-5 (gone on 2026-12-11)"),
        (("gpt-5", 1, "2026-12-24"), "gpt-5 (gone on 2026-12-24)"),
        (("gpt-9", 1, "2027-01-01"), "gpt-9 (gone on 2027-01-01)"),
        (("gpt-5.1", 1), "gpt-5.1"),
        (("gpt-9", 1, None), "gpt-9"),
        (("gpt-9", 1, "some day"), "gpt-9"),
        (("o1", 1), "o1 (gone since 2026-10-23)"),
    ],
)
def test_a_model_that_goes_soon_is_marked_with_the_day(entry: Any, label: str) -> None:
    assert list(chat_models(listing(entry), TODAY, MODELS).values()) == [label]


@pytest.mark.parametrize(
    "answer",
    [None, 3, "x", {}, {"data": None}, {"data": [None, 3, {}, {"id": None}, {"id": 7}]}, []],
)
def test_a_strange_answer_gives_no_models_and_no_error(answer: Any) -> None:
    assert chat_models(answer, TODAY, MODELS) == {}


def test_other_shapes_of_the_list_are_read() -> None:
    assert list(chat_models({"models": [{"name": "a"}, "b"]}, TODAY, MODELS, public_api=False)) == ["a", "b"]
