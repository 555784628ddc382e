"""Which server an address leads to, and what follows from it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.api import servers
from lib.api.connection import Connection
from lib.api.servers import MODELS
from pysailor import InvalidConfig

if TYPE_CHECKING:
    from lib.api.servers import ServerKind

CHAT = "chat/completions"
GUIDE = Path(__file__).parents[3] / "docs" / "servers.md"
AZURE = "https://res.openai.azure.com"
FOUNDRY = "https://res.services.ai.azure.com"
CATALOG = (
    servers.OPENAI,
    servers.AZURE,
    servers.AZURE_DEPLOYMENTS,
    servers.AZURE_FOUNDRY,
    servers.OPENROUTER,
    servers.OLLAMA,
    servers.OTHER,
)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://eu.api.openai.com/v1", "openai"),
        ("https://API.OpenAI.com/v1", "openai"),
        ("https://api.openai.com.evil.example/v1", "other"),
        ("https://notapi.openai.com.example/v1", "other"),
        ("https://fakeapi.openai.com/v1", "other"),
        (f"{AZURE}/openai/v1", "azure"),
        (f"{AZURE}/openai/v1?api-version=preview", "azure"),
        ("https://res.services.ai.azure.com/openai/v1", "azure"),
        ("https://res.openai.azure.us/openai/v1", "azure"),
        (f"{AZURE}/openai/deployments/chat?api-version=2024-10-21", "azure-deployments"),
        (f"{AZURE}?api-version=2024-10-21", "azure-deployments"),
        ("https://res.openai.azure.com.evil.example/openai/v1", "other"),
        ("https://openrouter.ai/api/v1", "openrouter"),
        ("http://localhost:11434/v1", "ollama"),
        ("http://ollama/v1", "ollama"),
        ("https://ollama.com/v1", "ollama"),
        ("http://gpu:8000/v1", "other"),
        ("http://127.0.0.1:4000", "other"),
    ],
)
def test_the_address_says_which_server_it_is(address: str, name: str) -> None:
    assert servers.server_for(address).name == name


@pytest.mark.parametrize(("chosen", "name"), [("openai", "openai"), ("ollama", "ollama"), ("other", "other")])
def test_a_choice_goes_before_the_address(chosen: str, name: str) -> None:
    assert servers.server_for("https://llm.company.example/v1", chosen).name == name


def test_a_gateway_before_azure_is_told_by_choice_and_its_shape_by_its_address() -> None:
    gateway = "https://gateway.company.example/ai"
    assert servers.server_for(f"{gateway}/openai/v1", "azure") is servers.AZURE
    assert servers.server_for(f"{gateway}/deployments/chat?api-version=2024-10-21", "azure").deployments


def test_an_unknown_choice_names_those_there_are() -> None:
    with pytest.raises(InvalidConfig, match="auto, openai, azure, openrouter, ollama, other") as raised:
        servers.server_for("https://api.openai.com/v1", "bedrock")
    assert raised.value.faults[0].pointer == "/server"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (" https://api.openai.com/v1/ ", "https://api.openai.com/v1"),
        ("https://api.openai.com", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1"),
        (f"{AZURE}/", f"{AZURE}/openai/v1"),
        (f"{AZURE}/?api-version=2024-10-21", f"{AZURE}/openai?api-version=2024-10-21"),
        (
            f"{AZURE}/openai/deployments/chat/chat/completions?api-version=2024-10-21",
            f"{AZURE}/openai/deployments/chat?api-version=2024-10-21",
        ),
        ("http://localhost:11434", "http://localhost:11434/v1"),
        ("https://openrouter.ai", "https://openrouter.ai/api/v1"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://gpu:8000/v1?tenant=a", "http://gpu:8000/v1?tenant=a"),
        (
            "https://res.services.ai.azure.com/models?api-version=1",
            "https://res.services.ai.azure.com/models?api-version=1",
        ),
        (
            f"{FOUNDRY}/models/chat/completions?api-version=2024-05-01-preview",
            f"{FOUNDRY}/models?api-version=2024-05-01-preview",
        ),
        (f"{FOUNDRY}/models", f"{FOUNDRY}/models?api-version=2024-05-01-preview"),
        (f"{FOUNDRY}/", f"{FOUNDRY}/openai/v1"),
        (f"{FOUNDRY}/api/projects/shop", f"{FOUNDRY}/api/projects/shop/openai/v1"),
        (f"{AZURE}/openai/", f"{AZURE}/openai/v1"),
        (f"{AZURE}/openai/v1/chat/completions?api-version=preview", f"{AZURE}/openai/v1?api-version=preview"),
        (f"{AZURE}/openai/v1/?api-version=", f"{AZURE}/openai/v1"),
        (f"{AZURE}/openai/responses?api-version=2025-04-01-preview", f"{AZURE}/openai?api-version=2025-04-01-preview"),
        (f"{AZURE}/openai/models?api-version=2024-10-21", f"{AZURE}/openai?api-version=2024-10-21"),
        ("https://api.openai.com/v1/models", "https://api.openai.com/v1"),
        ("https://api.openai.com//v1//", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/completions/", "https://api.openai.com/v1"),
        ('"https://api.openai.com/v1"\r\n', "https://api.openai.com/v1"),
        ("<https://api.openai.com/v1>\u200b", "https://api.openai.com/v1"),
        ("http://hub/models/org/name/v1/chat/completions", "http://hub/models/org/name/v1"),
        ("http://gpu:8000/models", "http://gpu:8000/models"),
        ("http://localhost:11434/api", "http://localhost:11434/v1"),
        ("http://localhost:11434/api/chat", "http://localhost:11434/v1"),
        ("https://eastus.api.cognitive.microsoft.com/", "https://eastus.api.cognitive.microsoft.com/openai/v1"),
    ],
)
def test_an_address_is_taken_as_it_was_meant(given: str, meant: str) -> None:
    assert servers.normalize(given) == meant
    assert servers.normalize(meant) == meant


@pytest.mark.parametrize(
    ("base_url", "path", "address"),
    [
        ("https://api.openai.com/v1", CHAT, "https://api.openai.com/v1/chat/completions"),
        ("https://api.openai.com/v1", MODELS, "https://api.openai.com/v1/models"),
        ("http://gpu:8000/v1?tenant=a", CHAT, "http://gpu:8000/v1/chat/completions?tenant=a"),
        (f"{AZURE}/openai/v1", CHAT, f"{AZURE}/openai/v1/chat/completions"),
        (
            f"{AZURE}/openai?api-version=1",
            CHAT,
            f"{AZURE}/openai/deployments/my%20gpt%2F5/chat/completions?api-version=1",
        ),
        (
            f"{AZURE}/openai/deployments/d?api-version=1",
            CHAT,
            f"{AZURE}/openai/deployments/d/chat/completions?api-version=1",
        ),
        (f"{AZURE}/openai/deployments/d?api-version=1", MODELS, f"{AZURE}/openai/models?api-version=1"),
        (f"{FOUNDRY}/models?api-version=1", CHAT, f"{FOUNDRY}/models/chat/completions?api-version=1"),
        (f"{AZURE}/openai?api-version=1", MODELS, f"{AZURE}/openai/models?api-version=1"),
    ],
)
def test_each_endpoint_has_its_address(base_url: str, path: str, address: str) -> None:
    assert servers.server_for(base_url).url(base_url, path, "my gpt/5") == address


def test_a_deployment_without_a_name_is_an_error_with_a_pointer() -> None:
    base_url = f"{AZURE}/openai?api-version=1"
    with pytest.raises(InvalidConfig) as raised:
        servers.server_for(base_url).url(base_url, CHAT)
    assert raised.value.faults[0].pointer == "/model"


@given(model=st.text(min_size=1))
def test_no_model_s_name_leads_out_of_its_place_in_the_path(model: str) -> None:
    base_url = f"{AZURE}/openai?api-version=1"
    address = servers.server_for(base_url).url(base_url, CHAT, model.encode("utf-8", "replace").decode())
    assert address.startswith(f"{AZURE}/openai/deployments/")
    assert address.endswith("/chat/completions?api-version=1")
    assert address.count("/") == 7


@pytest.mark.parametrize(
    ("version", "takes"), [("2024-06-01", False), ("2024-10-21", True), ("2025-01-01-preview", True)]
)
def test_an_old_api_version_is_not_asked_for_the_usage_of_a_stream(version: str, takes: bool) -> None:
    server = servers.server_for(f"{AZURE}/openai/deployments/d?api-version={version}")
    assert server.takes_usage_option is takes


def test_the_key_goes_where_the_server_looks_for_it() -> None:
    assert servers.OPENAI.key("k") == ("Authorization", "Bearer k")
    assert servers.AZURE.key("k") == ("api-key", "k")


def test_only_ollama_wants_max_tokens_and_pictures_as_data() -> None:
    assert [kind.name for kind in CATALOG if kind.token_cap == "max_tokens"] == ["ollama"]
    assert [kind.name for kind in CATALOG if kind.inlines_images] == ["ollama"]


@pytest.mark.parametrize("kind", CATALOG, ids=lambda kind: kind.name)
def test_the_guide_tells_of_every_server_and_its_notes(kind: ServerKind) -> None:
    guide = " ".join(GUIDE.read_text(encoding="utf-8").split())
    assert f"## {kind.title}" in guide
    assert [note for note in kind.notes if note not in guide] == []


def test_every_setting_in_the_guide_can_be_used_and_leads_to_the_server_of_its_heading() -> None:
    titles = {kind.title: kind.name for kind in CATALOG}
    chapters = re.split(r"^## ", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    for chapter in chapters:
        for text in re.findall(r"```json\n(.*?)```", chapter, flags=re.DOTALL):
            connection = Connection.of(json.loads(text))
            assert connection.server.name == titles[chapter.splitlines()[0]]
            assert connection.url(CHAT, "any").startswith("http")
