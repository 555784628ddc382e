"""`pysailor conversations`: list, show and delete what Ask remembers."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from pysailor import InvalidInput

from .opening import DEFAULT_STORE, STORE_VARIABLE, open_store
from .turn import owner_of

if TYPE_CHECKING:
    import argparse

HELP = "list, show or delete the conversations that Ask remembers"
EPILOG = """\
example:
  pysailor conversations list
  pysailor conversations show working-days
  pysailor conversations delete working-days

A conversation belongs to the credential it was held with: on the platform named by --account (the credential's id),
at a desk by OPENAI_API_KEY, or by --key.
"""
DONE, FAILED = 0, 1


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("what", choices=("list", "show", "delete"), help="what to do")
    parser.add_argument("id", nargs="?", help="the conversation's id, to show or delete it")
    parser.add_argument(
        "--store", metavar="URL", help=f"where they are (default: {STORE_VARIABLE}, or {DEFAULT_STORE})"
    )
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument("--account", metavar="ID", help="the credential's id on the platform")
    whose.add_argument("--key", metavar="KEY", help="the API key itself")


def run(args: argparse.Namespace) -> int:
    """Do it; give 1 if there is no such conversation."""
    if args.what != "list" and not args.id:
        raise InvalidInput(f"conversations {args.what} needs the id of one; pysailor conversations list tells them")
    owner = owner_of(args.account or args.key or os.environ.get("OPENAI_API_KEY", ""))
    with open_store(args.store or os.environ.get(STORE_VARIABLE) or DEFAULT_STORE) as store:
        if args.what == "list":
            return _told([summary.to_json() for summary in store.conversations(owner)])
        if args.what == "show":
            found = store.export(owner, args.id)
            return _told([found]) if found else _none(args.id)
        return DONE if store.delete(owner, args.id) else _none(args.id)


def _told(documents: list[Any]) -> int:
    for document in documents:
        sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    return DONE


def _none(name: str) -> int:
    sys.stderr.write(f"there is no conversation {name} of this credential\n")
    return FAILED
