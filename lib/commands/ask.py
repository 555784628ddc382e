"""`pysailor ask QUESTION`: a question from the shell, answered by Ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

FUNCTION = "ask"
HELP = "ask a question and print the answer"
EPILOG = """\
examples:
  pysailor ask "Why is the sky blue?"
  pysailor ask "What is in this picture?" --attach picture.png
  pysailor ask "Summarize this" --body variables='{"text": "..."}' --json
  cat question.txt | pysailor ask

It is the action Ask: --cfg sets its fields (instructions, answerAs, schema, memory, ...). The key comes from
OPENAI_API_KEY, the model from OPENAI_MODEL; without a key a small model on this machine answers, or the sandbox.
"""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument(
        "question", metavar="QUESTION", nargs="*", help="what to ask (default: what is on standard input)"
    )


def body(args: argparse.Namespace) -> dict[str, Any] | None:
    """Return the message's body, None if nothing is asked here."""
    return {"prompt": " ".join(args.question)} if args.question else None
