"""Functions for hooks.yaml: pysailor chat samples/chat/hooks.yaml --hooks samples/chat/hooks.py --sandbox."""  # noqa: INP001 - a file that is named, not imported

import re
from typing import Any


def begin(params: dict[str, Any], handler: Any) -> None:
    """Put the system text and an example in first."""
    language = handler.get_arg("language", "English")
    params["messages"] += [
        {"role": "system", "content": f"Answer in {language}."},
        {"role": "user", "content": "What is your name?"},
        {"role": "assistant", "content": "I am the help desk."},
    ]


def without_card_numbers(message: str) -> str:
    """Return the question as it is sent, without long numbers."""
    return re.sub(r"\b\d{13,19}\b", "[number]", message)


def signed(data: dict[str, Any], handler: Any) -> str:  # noqa: ARG001 - every hook gets both
    """Return the answer as the history keeps it."""
    return f"{data['choices'][0]['message']['content']}\n\nThe help desk"
