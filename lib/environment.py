"""What whoever runs this component may set for all its steps, read once."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

from .attachments import ALLOW_PRIVATE_URLS, Downloads
from .conversation import DEFAULT_STORE, STORE_VARIABLE
from .models.table import Models

MODELS_FILE = "CHATGPT_MODELS_FILE"


class Surroundings:
    """The environment's part of the settings. The author of a flow cannot change it."""

    def __init__(self) -> None:
        self._models_file = os.environ.get(MODELS_FILE)
        self.conversations = os.environ.get(STORE_VARIABLE) or DEFAULT_STORE
        self.downloads = Downloads(allow_private=os.environ.get(ALLOW_PRIVATE_URLS, "").lower() == "true")

    @cached_property
    def models(self) -> Models:
        """The table of models, with the operator's own file above it; raise InvalidConfig if that is wrong."""
        return Models.load(Path(self._models_file) if self._models_file else None)
