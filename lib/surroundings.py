"""What whoever runs this component may set for all its steps, read once."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

from .models import Models

MODELS_FILE = "CHATGPT_MODELS_FILE"
CONVERSATIONS = "CHATGPT_CONVERSATIONS"
ALLOW_PRIVATE_URLS = "CHATGPT_ALLOW_PRIVATE_URLS"


class Surroundings:
    """The environment's part of the settings. The author of a flow cannot change it."""

    def __init__(self) -> None:
        self._models_file = os.environ.get(MODELS_FILE)
        self.conversations = os.environ.get(CONVERSATIONS) or "sqlite:///conversations.sqlite"
        self.allow_private_urls = os.environ.get(ALLOW_PRIVATE_URLS, "").lower() in ("true", "1", "yes", "on")

    @cached_property
    def models(self) -> Models:
        """The table of models, with the operator's own file above it; raise InvalidConfig if that is wrong."""
        return Models.load(Path(self._models_file) if self._models_file else None)
