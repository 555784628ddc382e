"""The sandbox and the embedded model, as the command line starts them."""

from __future__ import annotations

from ..conversation import ACCOUNT, LOCAL_ACCOUNT
from .embedded_model import EmbeddedModel
from .sandbox import KEY, Sandbox
from .titles import EMBEDDED_MODEL, SANDBOX


class LocalSandbox(Sandbox):
    """The sandbox, as the command line starts it."""

    title = SANDBOX
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

    title = EMBEDDED_MODEL
    UNUSED = ("model",)
    """Settings that it takes and does not heed."""

    def cfg(self, scenario: str | None = None) -> dict[str, str]:
        """Return the settings that lead to it. The key is new each time; conversations belong to the account local."""
        return {**super().cfg(scenario), ACCOUNT: LOCAL_ACCOUNT}
