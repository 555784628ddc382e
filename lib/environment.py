"""What whoever runs this component may set for all its steps, read once."""

from __future__ import annotations

import logging
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .attachments import Downloads
    from .models.table import Models

MODELS_FILE = "CHATGPT_MODELS_FILE"
STORE = "CHATGPT_CONVERSATIONS"
"""Where Ask keeps its conversations."""
CREDENTIAL = {
    "OPENAI_API_KEY": "apiKey",
    "OPENAI_BASE_URL": "baseUrl",
    "OPENAI_ORG_ID": "organization",
    "OPENAI_PROJECT_ID": "project",
    "OPENAI_MODEL": "model",
}
"""Off the platform these say what its credential and the step would; each with the setting that it stands for."""
DEFAULT_STORE = "sqlite:///conversations.sqlite"


LOG = logging.getLogger("component.environment")


class Environment:
    """The environment's part of the settings. The author of a flow cannot change it."""

    def __init__(self) -> None:
        from .attachments import ALLOW_PRIVATE_URLS, Downloads  # noqa: PLC0415 - the names above cost no HTTP client

        self._models_file = os.environ.get(MODELS_FILE)
        self.conversations = os.environ.get(STORE) or DEFAULT_STORE
        self.downloads: Downloads = Downloads(allow_private=_is_true(ALLOW_PRIVATE_URLS))

    @cached_property
    def models(self) -> Models:
        """The table of models, with the operator's own file above it; raise InvalidConfig if that is wrong."""
        from .models.table import Models  # noqa: PLC0415 - the same

        return Models.load(Path(self._models_file) if self._models_file else None)


def _is_true(name: str) -> bool:
    """Return whether a variable says `true`; what is neither yes nor no is logged, and counts as no."""
    found = os.environ.get(name, "").strip().lower()
    if found not in ("", "true", "false"):
        LOG.warning("%s is %r, which is not known; it should be 'true' or 'false'.", name, found[:40])
    return found == "true"
