"""`pysailor conversations`: list, show and delete what Ask remembers."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from pysailor import environment

from ..environment import DEFAULT_STORE
from ..environment import STORE as STORE_VARIABLE

if TYPE_CHECKING:
    import argparse

HELP = "list, show or delete the conversations that Ask remembers"
EPILOG = """\
example:
  pysailor conversations list
  pysailor conversations show working-days
  pysailor conversations delete working-days

A conversation belongs to the credential it was held with: on the platform named by --account (the credential's id,
which a step's settings have as _account), off the platform by OPENAI_API_KEY or --key. What was asked without a key
belongs to the account local, and is listed where no key is set.
"""
DONE, FAILED, MISUSED = 0, 1, 2


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
    """Run the command; return 1 if there is no such conversation, 2 if none is named."""
    if args.what != "list" and not args.id:
        sys.stderr.write(
            f"pysailor conversations: which one to {args.what}? Name its id; pysailor conversations list shows them\n"
        )
        return MISUSED
    from ..conversation import LOCAL_ACCOUNT, open_store, owner_of  # noqa: PLC0415 - a help text needs no stores
    from ..conversation.stores.open import is_empty, without_password  # noqa: PLC0415 - as above

    variables = environment()
    owner = owner_of(args.account or args.key or variables.get("OPENAI_API_KEY", "").strip() or LOCAL_ACCOUNT)
    url = args.store or variables.get(STORE_VARIABLE) or DEFAULT_STORE
    place = without_password(url)
    with open_store("memory:" if is_empty(url) else url) as store:
        if args.what == "list":
            return _list([summary.to_json() for summary in store.conversations(owner)], place)
        if args.what == "show":
            found = store.export(owner, args.id)
            return _print([found]) if found else _missing(args.id, place)
        return DONE if store.delete(owner, args.id) else _missing(args.id, place)


def _list(documents: list[Any], place: str) -> int:
    if not documents:
        sys.stderr.write(f"no conversations of this credential in {place}\n")
    return _print(documents)


def _print(documents: list[Any]) -> int:
    for document in documents:
        sys.stdout.write(_line(document) + "\n")
    return DONE


def _line(document: Any) -> str:
    text = json.dumps(document, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # half of a character, which JSON can have and UTF-8 cannot
        return json.dumps(document)
    return text


def _missing(name: str, place: str) -> int:
    sys.stderr.write(f"there is no conversation {name} of this credential in {place}\n")
    return FAILED
