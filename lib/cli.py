"""What this component adds to the command line, where no platform hands it a credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .chat import command as chat
from .conversation import command as conversations
from .environment import CREDENTIAL as ENVIRONMENT
from .errors.catalog import CATALOG as EXPLANATIONS
from .offline.sandbox import SCENARIOS
from .offline.servers import SERVERS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping


class Chat:
    """`pysailor chat`, which production can run without the servers that answer without a key."""

    HELP, EPILOG, declare = chat.HELP, chat.EPILOG, staticmethod(chat.declare)

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        """Serve until a signal; return the exit code."""
        return chat.run(args, servers=SERVERS)


COMMANDS = {"chat": Chat, "conversations": conversations}
HOW_TO_GO_LIVE = "to ask the real API, set OPENAI_API_KEY and OPENAI_MODEL"
__all__ = ["COMMANDS", "ENVIRONMENT", "EXPLANATIONS", "HOW_TO_GO_LIVE", "SCENARIOS", "SERVERS", "servers_for"]


def servers_for(cfg: Mapping[str, Any], scenario: str | None) -> tuple[str, ...]:
    """Name the servers that may answer in place of the API, the best first; none if cfg leads to an API."""
    if cfg.get("apiKey") or cfg.get("baseUrl"):
        return ()
    return ("sandbox",) if scenario else ("local", "sandbox")
