"""Where the API is and who asks: the credential, in the client's words."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pysailor import Fault, InvalidConfig

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PUBLIC_API = "https://api.openai.com/v1"


@dataclass(frozen=True)
class Connection:
    """One way to one API."""

    base_url: str = PUBLIC_API
    api_key: str = field(default="", repr=False)
    organization: str | None = None
    project: str | None = None

    @classmethod
    def of(cls, cfg: Mapping[str, Any]) -> Connection:
        """Take the connection from cfg, where the step's organization overrides the credential's.

        Raise InvalidConfig for what no request could be made with.
        """
        connection = cls(
            base_url=str(cfg.get("baseUrl", cls.base_url)).strip().rstrip("/"),
            api_key=str(cfg.get("apiKey", "")).strip(),
            organization=cfg.get("organizationId") or cfg.get("organization"),
            project=cfg.get("project"),
        )
        faults = list(connection.faults())
        if faults:
            raise InvalidConfig(faults=faults)
        return connection

    @property
    def public(self) -> bool:
        """Whether this is the public API, whose models and rules are known."""
        return str(urlsplit(self.base_url).hostname).endswith("api.openai.com")

    def headers(self) -> dict[str, str]:
        """Give the headers that every request carries."""
        carried = {
            "Authorization": f"Bearer {self.api_key}",
            "OpenAI-Organization": self.organization,
            "OpenAI-Project": self.project,
            "User-Agent": f"chatgpt-component/{_version()}",
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "Content-Type": "application/json",
        }
        return {name: value for name, value in carried.items() if value}

    def url(self, path: str) -> str:
        """Give the address of an endpoint."""
        return f"{self.base_url}/{path}"

    def faults(self) -> Iterator[Fault]:
        """Give what keeps a request from being made at all."""
        if not _names_a_server(self.base_url):
            yield Fault("/baseUrl", f"must start with https:// (or http://) and name a server, like {PUBLIC_API}")
        for name, value in (
            ("apiKey", self.api_key),
            ("organization", self.organization),
            ("project", self.project),
        ):
            if value and not (value.isascii() and value.isprintable()):
                yield Fault(f"/{name}", "holds a line break or another character that it cannot have; copy it again")


def _names_a_server(address: str) -> bool:
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, a broken IPv6 address
        return False
    return usable and not parts.query and not parts.fragment and address.isprintable() and " " not in address


def _version() -> str:
    """Give the version that is installed."""
    try:
        return version("chatgpt-component")
    except PackageNotFoundError:
        return "0"
