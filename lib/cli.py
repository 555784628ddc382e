"""What this component adds to the command line, where no platform hands it a credential.

It is loaded for every help text; what is heavy is imported by what runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .chat import command as chat
from .commands import ask, budget, conversations
from .commands.shapes import attach, body_of, doubts_of, summarize, text_of
from .environment import CREDENTIAL as ENVIRONMENT
from .errors.catalog import CATALOG as EXPLANATIONS
from .errors.catalog import FAMILIES as ERROR_FAMILIES
from .offline.servers import SERVERS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from .offline.sandbox import SCENARIOS


class ChatCommand:
    """`pysailor chat`, which production can run without the servers that answer without a key."""

    HELP, EPILOG, declare = chat.HELP, chat.EPILOG, staticmethod(chat.declare)

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        """Serve until a signal; return the exit code."""
        return chat.run(args, servers=SERVERS)


COMMANDS = {"ask": ask, "budget": budget, "chat": ChatCommand, "conversations": conversations}
ADDRESS_FIELDS = ("baseUrl", "secondBaseUrl")
HOW_TO_GO_LIVE = "to ask the real API, set OPENAI_API_KEY and OPENAI_MODEL"
WORDS_HERE = {
    "into the credential's Base URL": "into OPENAI_BASE_URL or --cfg baseUrl=…",
    "the Base URL in the credential": "the address in OPENAI_BASE_URL or --cfg baseUrl=…",
    "into the credential": "into OPENAI_API_KEY or --cfg apiKey=…",
    "another model in the step; the list shows those the credential can use": "another model with OPENAI_MODEL or "
    "--cfg model=…; pysailor select ask model lists those the key can use",
    "a model of the step's own kind": "with OPENAI_MODEL or --cfg model=… (embeddingModel, moderationModel) a model "
    "of the step's kind",
    "choose one on the step, or map a model in the message": "set OPENAI_MODEL or --cfg model=…, "
    "or name one in the body",
    "more time in the step": "more time with --cfg timeout=…",
    "let the step try again after a time-out": "try again after a time-out with --cfg retryAfterTimeout=true",
    "a repair round in the step": "a repair round with --cfg repairs=1",
    "if the step hands refusals on": "with --cfg onRefusal=pass",
    "than the step allows": "than --cfg maxCost=… allows",
    "or let the step wait": "or wait for it with --cfg busy=wait",
}
"""What our sentences say of the platform's forms, and what holds where there are none."""
__all__ = [
    "ADDRESS_FIELDS",
    "COMMANDS",
    "ENVIRONMENT",
    "ERROR_FAMILIES",
    "EXPLANATIONS",
    "HOW_TO_GO_LIVE",
    "SCENARIOS",
    "SERVERS",
    "WORDS_HERE",
    "attach",
    "body_of",
    "doubts_of",
    "recognize",
    "servers_for",
    "summarize",
    "text_of",
]


def __getattr__(name: str) -> Any:
    """Look the scenarios up when they are asked for: they are the sandbox's."""
    if name == "SCENARIOS":
        from .offline.sandbox import SCENARIOS  # noqa: PLC0415 - see above

        return SCENARIOS
    raise AttributeError(name)


def recognize(text: str) -> tuple[str, ...]:
    """Return the codes that a status or the service's words can mean, the likeliest first."""
    from .errors.recognize import recognize as find  # noqa: PLC0415 - patterns, which a help text needs not

    return find(text)


def servers_for(cfg: Mapping[str, Any], scenario: str | None) -> tuple[str, ...]:
    """Name the servers that may answer in place of the API, the best first; none if cfg leads to an API."""
    if cfg.get("apiKey") or cfg.get("baseUrl"):
        return ()
    is_chat = not {"embeddingModel", "moderationModel", "idField", "longestRest"} & cfg.keys()
    return ("local", "sandbox") if is_chat and not scenario else ("sandbox",)
