"""What this component offers at a desk, where no platform hands it a credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .chat import command as chat
from .kinds import KINDS as EXPLANATIONS
from .local import EmbeddedModel
from .sandbox import KEY, SCENARIOS, Sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping

ENVIRONMENT = {
    "OPENAI_API_KEY": "apiKey",
    "OPENAI_BASE_URL": "baseUrl",
    "OPENAI_ORG_ID": "organization",
    "OPENAI_PROJECT_ID": "project",
    "OPENAI_MODEL": "model",
}


class StandIn(Sandbox):
    """The stand-in, as a desk starts it."""

    title = "the stand-in (a program that behaves like the API, not a model)"
    model = "gpt-sandbox-2"

    @staticmethod
    def unavailable() -> str | None:
        """Say why it cannot be used: it always can."""
        return None

    def cfg(self, scenario: str | None = None) -> dict[str, str]:
        """Give the settings that lead to it, and to a scenario of it."""
        base_url = self.base_url_of(scenario) if scenario else self.base_url
        return {"baseUrl": base_url, "apiKey": KEY, "model": self.model}


COMMANDS = {"chat": chat}
SERVERS = {"local": EmbeddedModel, "sandbox": StandIn}
HOW_TO_GO_LIVE = "to ask the real API, set OPENAI_API_KEY and OPENAI_MODEL"
__all__ = ["COMMANDS", "ENVIRONMENT", "EXPLANATIONS", "HOW_TO_GO_LIVE", "SCENARIOS", "SERVERS", "servers_for"]


def servers_for(cfg: Mapping[str, Any], scenario: str | None) -> tuple[str, ...]:
    """Name the servers that may answer in place of the API, the best first; none if cfg leads to an API."""
    if cfg.get("apiKey") or cfg.get("baseUrl"):
        return ()
    return ("sandbox",) if scenario else ("local", "sandbox")
