"""The servers that speak the API, and how each differs from the public one.

The address says which one it is. docs/servers.md tells the same for people, with settings that work.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

from pysailor import InvalidConfig, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from urllib.parse import SplitResult

MODELS = "models"
_OF_THE_RESOURCE = (MODELS, "files", "batches")
"""What no deployment answers, but the resource that holds them."""

_AZURE_HOST = re.compile(
    r"\.((openai|cognitiveservices|services\.ai)\.azure\.(com|us|cn)|api\.cognitive\.microsoft\.com)$"
)
_AZURE_V1 = re.compile(r"/openai/v1$")
_FOUNDRY_HOST = re.compile(r"\.services\.ai\.azure\.(com|us|cn)$")
_FOUNDRY = "/models"
_FOUNDRY_VERSION = "2024-05-01-preview"
_PROJECT = re.compile(r"^/api/projects/[^/]+$")
_PASTED = re.compile(r"(?<!/deployments)/(chat/completions|completions|responses|embeddings|moderations)$")
"""What people copy along with an address: the path of the one endpoint that a guide shows."""
_PASTED_LIST = re.compile(r"(/v\d+\w*)/models$")
_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\u00ad]")
_AROUND = " \t\r\n\x0b\x0c\u00a0\"'`<>\u2018\u2019\u201c\u201d\u00ab\u00bb"
_DEPLOYMENTS = "/deployments/"
_REGIONAL_HOST = re.compile(r"^[a-z]+\.api\.openai\.com$")
_PORT_OF_OLLAMA = 11434
_OWN_API_OF_OLLAMA = re.compile(r"^/api(/(chat|generate|tags))?$")
_USAGE_SINCE = "2024-09-01"  # the first api-version of Azure that takes stream_options


@frozen
class ServerKind:
    """How one kind of server differs.

    `key_header` carries the key; Authorization has it as a bearer token. `token_cap` is the only name of the token cap
    that the server uses, None where the model decides. `takes_usage_option` says whether a streamed answer may be
    asked for its usage, `inlines_images` whether pictures must go along as data because the server fetches none.
    `self_hosted` says that the models are somebody's own, so that no provider's prices hold. `deployments` says that
    the path names the model, `home` is where the API begins when the address has no path.
    `notes` are for people.
    """

    name: str
    title: str
    key_header: str = "Authorization"
    token_cap: str | None = None
    takes_usage_option: bool = True
    inlines_images: bool = False
    self_hosted: bool = False
    deployments: bool = False
    home: str = ""
    notes: tuple[str, ...] = ()

    def url(self, base_url: str, path: str, model: str | None = None) -> str:
        """Return the address of an endpoint; what the base URL asks after its ? stays there, before what the path asks.

        Raise InvalidConfig if the path has to name a model and there is none.
        """
        parts = urlsplit(base_url)
        folder = parts.path.rstrip("/")
        if self.deployments:
            folder = _deployment(folder, path, model)
        path, _, asked = path.partition("?")
        query = "&".join(filter(None, (parts.query, asked)))
        return urlunsplit((parts.scheme, parts.netloc, f"{folder}/{path}", query, ""))

    def key(self, api_key: str) -> tuple[str, str]:
        """Return the header that carries the key."""
        return self.key_header, f"Bearer {api_key}" if self.key_header == "Authorization" else api_key


OPENAI = ServerKind(
    "openai",
    "OpenAI",
    home="/v1",
    notes=("The models and their rules are known, and checked before sending.",),
)
AZURE = ServerKind(
    "azure",
    "Azure OpenAI (v1)",
    key_header="api-key",
    home="/openai/v1",
    notes=(
        "A model is the name of your deployment, which says nothing of the model behind it.",
        "For a token of Entra ID instead of a key, put - into the key and an Authorization line into the headers.",
    ),
)
AZURE_DEPLOYMENTS = ServerKind(
    "azure-deployments",
    "Azure OpenAI (deployments and api-version)",
    key_header="api-key",
    deployments=True,
    home="/openai",
    notes=(
        "The path names the deployment: the one in the Base URL, or else the model.",
        "Which fields are taken depends on the api-version.",
        "The list of models shows what the resource could deploy, not what is deployed.",
    ),
)
AZURE_FOUNDRY = ServerKind(
    "azure-foundry",
    "Azure AI Foundry (model inference)",
    key_header="api-key",
    home=_FOUNDRY,
    notes=(
        "The body names the model: the deployment's name.",
        "The api-version 2024-05-01-preview is added where the address has none.",
        "There is no list of models.",
    ),
)
OPENROUTER = ServerKind(
    "openrouter",
    "OpenRouter",
    home="/api/v1",
    notes=(
        "HTTP-Referer and X-Title, which name your application there, go into the headers.",
        "Members that only OpenRouter knows (provider, models, transforms, reasoning) are passed on as they are.",
    ),
)
OLLAMA = ServerKind(
    "ollama",
    "Ollama",
    token_cap="max_tokens",  # noqa: S106 - tokens are pieces of text here
    inlines_images=True,
    self_hosted=True,
    home="/v1",
    notes=(
        "A server of your own ignores the key.",
        "It uses max_tokens only and ignores max_completion_tokens, tool_choice, n, user and logit_bias.",
        "It takes pictures as data only; the step fetches those that have an address.",
    ),
)
OTHER = ServerKind(
    "other",
    "Another server (vLLM, LiteLLM, llama.cpp, …)",
    self_hosted=True,
    notes=("What it takes is not known; whatever is mapped is sent, and doubts are warnings.",),
)

_CHOSEN: Mapping[str, ServerKind] = {server.name: server for server in (OPENAI, AZURE, OPENROUTER, OLLAMA, OTHER)}
AUTO = "auto"
CHOICES = (AUTO, *_CHOSEN)
"""What the credential may say; auto looks at the address."""


def server_for(base_url: str, chosen: str = AUTO) -> ServerKind:
    """Return the server that the address leads to, or the one that was chosen because the address does not tell.

    Raise InvalidConfig if no server has the chosen name.
    """
    if chosen not in CHOICES:
        raise InvalidConfig(f"found {chosen}, allowed: {', '.join(CHOICES)}", pointer="/server")
    parts = urlsplit(base_url)
    server = _detect(parts) if chosen == AUTO else _CHOSEN[chosen]
    return _azure_shape(parts) if server is AZURE else server


def trim(text: str) -> str:
    """Return what was meant by a value that was copied: without blanks, line ends, quotes and what cannot be seen."""
    return _INVISIBLE.sub("", text).strip(_AROUND)


def normalize(base_url: str, chosen: str = AUTO) -> str:
    """Return the address without what people copy along: blanks, quotes, slashes at the end, an endpoint's path.

    The address of a known server without a path gets the path of its API. Raise ValueError if it is not an address.
    """
    parts = urlsplit(trim(base_url))
    path = _PASTED.sub("", re.sub(r"/{2,}", "/", parts.path).rstrip("/")).rstrip("/")
    path = _PASTED_LIST.sub(r"\1", path)
    parts = parts._replace(path=path, query=_without_blanks(parts.query))
    if chosen in CHOICES and parts.netloc:
        parts = _complete(parts, chosen)
    return urlunsplit(parts)


def _complete(parts: SplitResult, chosen: str) -> SplitResult:
    """Return the address with the path of the API where only the server, or less than the API, is named."""
    server = server_for(urlunsplit(parts), chosen)
    if parts.path == "":
        return parts._replace(path=server.home)
    if server is OLLAMA and _OWN_API_OF_OLLAMA.match(parts.path):
        return parts._replace(path=server.home)
    return _complete_azure(parts, server) if server.key_header == AZURE.key_header else parts


def _complete_azure(parts: SplitResult, server: ServerKind) -> SplitResult:
    if _PROJECT.match(parts.path):
        return parts._replace(path=f"{parts.path}/openai/v1", query="")
    if server is AZURE_FOUNDRY and not _api_version(parts):
        return parts._replace(query="&".join(filter(None, (parts.query, f"api-version={_FOUNDRY_VERSION}"))))
    if parts.path in ("/openai", "/openai/models", "/openai/deployments"):
        return parts._replace(path=server.home)
    return parts


def _without_blanks(query: str) -> str:
    """Return a query without the parameters that have no value where they need one."""
    return "&".join(part for part in query.split("&") if part and part != "api-version=")


def _detect(parts: SplitResult) -> ServerKind:
    host = parts.hostname or ""
    if host == "api.openai.com" or host.endswith(".api.openai.com"):
        return OPENAI
    if _is_azure(parts):
        return AZURE
    if host == "openrouter.ai" or host.endswith(".openrouter.ai"):
        return OPENROUTER
    if parts.port == _PORT_OF_OLLAMA or host in ("ollama", "ollama.com"):
        return OLLAMA
    return OTHER


def _is_azure(parts: SplitResult) -> bool:
    return _AZURE_HOST.search(parts.hostname or "") is not None


def _azure_shape(parts: SplitResult) -> ServerKind:
    """Return which of the shapes it is: the old one has deployments in its path, or an api-version and no v1."""
    version = _api_version(parts)
    if _FOUNDRY_HOST.search(parts.hostname or "") and parts.path.rstrip("/") == _FOUNDRY:
        return AZURE_FOUNDRY
    is_old = _DEPLOYMENTS in parts.path or (version != "" and not _AZURE_V1.search(parts.path.rstrip("/")))
    if not is_old:
        return AZURE
    return replace(AZURE_DEPLOYMENTS, takes_usage_option=version >= _USAGE_SINCE)


def _api_version(parts: SplitResult) -> str:
    return parse_qs(parts.query).get("api-version", [""])[0]


def _deployment(folder: str, path: str, model: str | None) -> str:
    """Return the path before the endpoint: a deployment's, or the resource's for the list of models."""
    root, named, _ = folder.partition(_DEPLOYMENTS)
    if path.partition("/")[0].partition("?")[0] in _OF_THE_RESOURCE:
        return root
    if named:
        return folder
    if not model:
        raise InvalidConfig("the address names the deployment on this server, and none is chosen", pointer="/model")
    return f"{root}{_DEPLOYMENTS}{quote(model, safe='')}"


def is_regional(base_url: str) -> bool:
    """Return whether the address keeps the data in a region, which costs more."""
    return _REGIONAL_HOST.match(urlsplit(base_url).hostname or "") is not None
