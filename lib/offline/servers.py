"""What answers where there is no key: the sandbox and the embedded model."""

from __future__ import annotations

from ..conversation import ACCOUNT, LOCAL_ACCOUNT
from .embedded_model import EmbeddedModel
from .sandbox import KEY, Sandbox


class LocalSandbox(Sandbox):
    """The sandbox, as the command line starts it."""

    help = "run the sandbox: it behaves like the service, errors and all, and is not a model"
    title = "the sandbox (a program that behaves like the API, not a model)"
    model = "gpt-sandbox-2"

    @staticmethod
    def unavailable() -> str | None:
        """Return why it cannot be used: None, it always can."""
        return None

    def cfg(self, scenario: str | None = None) -> dict[str, str]:
        """Return the settings that lead to it, and to a scenario of it; conversations belong to the account local."""
        base_url = self.base_url_of(scenario) if scenario else self.base_url
        return {"baseUrl": base_url, "apiKey": KEY, "model": self.model, ACCOUNT: LOCAL_ACCOUNT}


class LocalModel(EmbeddedModel):
    """The embedded model, as the command line starts it."""

    help = "run the embedded model: real, very small, without a key"

    def cfg(self, scenario: str | None = None) -> dict[str, str]:
        """Return the settings that lead to it. The key is new each time; conversations belong to the account local."""
        return {**super().cfg(scenario), ACCOUNT: LOCAL_ACCOUNT}


SERVERS = {"local": LocalModel, "sandbox": LocalSandbox}
