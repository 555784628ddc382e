"""What answers where there is no key: the stand-in and the embedded model, and how settings come to a desk."""

from __future__ import annotations

from ..conversation import ACCOUNT, DESK
from .embedded_model import EmbeddedModel
from .sandbox import KEY, Sandbox

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
        """Give the settings that lead to it, and to a scenario of it; conversations are those of the desk."""
        base_url = self.base_url_of(scenario) if scenario else self.base_url
        return {"baseUrl": base_url, "apiKey": KEY, "model": self.model, ACCOUNT: DESK}


class DeskModel(EmbeddedModel):
    """The embedded model, as a desk starts it."""

    def cfg(self, scenario: str | None = None) -> dict[str, str]:
        """Give the settings that lead to it. Its key is another each time; conversations are those of the desk."""
        return {**super().cfg(scenario), ACCOUNT: DESK}


SERVERS = {"local": DeskModel, "sandbox": StandIn}
