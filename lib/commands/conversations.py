"""`pysailor conversations`: list, show, save and delete what Ask and the chat remember."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor import environment

from ..environment import DEFAULT_STORE
from ..environment import STORE as STORE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..conversation import Store, Summary

HELP = "list, show, export or delete the conversations that Ask or a chat remembers"
EPILOG = """\
example:
  pysailor conversations list
  pysailor conversations show working-days
  pysailor conversations delete working-days
  pysailor conversations list --chat chat.yaml --store sqlite:///chat.sqlite --text invoice
  pysailor conversations delete --chat chat.yaml --route help --store sqlite:///chat.sqlite --older 30

A conversation belongs to the credential it was held with: on the platform named by --account (the credential's id,
which a step's settings have as _account), off the platform by OPENAI_API_KEY or --key. What was asked without a key
belongs to the account local, and is listed where no key is set. A chat's belong to a route and its
credential, or to the owner that its settings name; --chat reads them from the settings file.
"""
DONE, FAILED, MISUSED = 0, 1, 2
_MOST = 1000
_DAY = 24 * 3600


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "what", metavar="WHAT", choices=("list", "show", "delete", "export"), help="list, show, export or delete"
    )
    parser.add_argument(
        "id",
        metavar="ID",
        nargs="?",
        help="the conversation's id; without, export and delete take those that the options below choose",
    )
    parser.add_argument(
        "--store", metavar="URL", help=f"where they are (default: {STORE_VARIABLE}, or {DEFAULT_STORE})"
    )
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument("--account", metavar="ID", help="the credential's id on the platform")
    whose.add_argument("--key", metavar="KEY", help="the API key itself")
    parser.add_argument("--chat", metavar="FILE.yaml", type=Path, help="those of the chat with these settings")
    parser.add_argument("--route", metavar="NAME", help="of the chat: only those of this entry of its settings")
    parser.add_argument("--owner", metavar="NAME", help="of the chat: only those of this owner")
    parser.add_argument(
        "--source", choices=("api", "sandbox", "local"), default="api", help="of the chat: what answered (default: api)"
    )
    parser.add_argument("--older", metavar="DAYS", type=_days, help="only those without a turn for so many days")
    parser.add_argument("--text", metavar="WORDS", help="only those in which these words stand, in any case of letters")


def run(args: argparse.Namespace) -> int:
    """Run the command; return 1 if there is no such conversation, 2 if none is named."""
    chooses = args.older is not None or bool(args.text)
    if not args.id and (args.what == "show" or (args.what == "delete" and not chooses)):
        hint = ", or choose with --older or --text" if args.what == "delete" else ""
        return _report_misuse(f"which one to {args.what}? Name its id{hint}; pysailor conversations list shows them")
    if not args.chat and (args.route or args.owner or args.source != "api"):
        return _report_misuse("--route, --owner and --source are for a chat; name its settings with --chat FILE.yaml")
    from ..conversation import open_store  # noqa: PLC0415 - a help text needs no stores
    from ..conversation.stores.open import is_empty, without_password  # noqa: PLC0415 - as above

    variables = environment()
    owners = _owners(args, variables)
    if not owners:
        return FAILED
    url = args.store or variables.get(STORE_VARIABLE) or DEFAULT_STORE
    place = without_password(url)
    with open_store("memory:" if is_empty(url) else url) as store:
        found = list(_choose(store, owners, args))
        if not found and args.what != "list":
            return _report_missing(args.id or "so chosen", place, _hint(store, args))
        if not found:
            return _none(place, _hint(store, args))
        return _act(store, found, args)


def _act(store: Store, found: list[tuple[dict[str, str], str, Summary]], args: argparse.Namespace) -> int:
    if args.what == "list":
        return _print([{**route, **summary.to_json()} for route, _, summary in found])
    if args.what != "delete":
        whole = [(route, store.export(owner, summary.id)) for route, owner, summary in found]
        documents = [{**route, **document} for route, document in whole if document]
        return _print(documents, indent=2 if args.what == "show" and sys.stdout.isatty() else None)
    for _, owner, summary in found:
        store.delete(owner, summary.id)
    if not args.id:
        sys.stderr.write(f"{len(found)} conversations deleted\n")
    return DONE


def _owners(args: argparse.Namespace, variables: Mapping[str, str]) -> list[tuple[dict[str, str], str]]:
    """Return the owners that are meant, each with what is printed about it."""
    from ..conversation import LOCAL_ACCOUNT, owner_of  # noqa: PLC0415 - as above

    if not args.chat:
        account = args.account or args.key or variables.get("OPENAI_API_KEY", "").strip() or LOCAL_ACCOUNT
        return [({}, owner_of(account))]
    from ..chat.owners import owners_of  # noqa: PLC0415 - the settings need yaml

    found = []
    for route, owner in owners_of(args.chat, variables, owner=args.owner or "", key=args.key or "", source=args.source):
        if args.route and route != args.route:
            continue
        if owner is None:
            sys.stderr.write(f"{route}: only a visitor knows whose these are; name it with --owner or --key\n")
        else:
            found.append(({"route": route}, owner))
    if not found:
        sys.stderr.write(f"no route of {args.chat} to look into\n")
    return found


def _choose(
    store: Store, owners: list[tuple[dict[str, str], str]], args: argparse.Namespace
) -> Iterator[tuple[dict[str, str], str, Summary]]:
    """Yield the conversations that are meant."""
    for route, owner in owners:
        named = [store.summary(owner, args.id)] if args.id else store.conversations(owner, _MOST)
        for summary in filter(None, named):
            if args.older is not None and summary.changed > time.time() - args.older * _DAY:
                continue
            if args.text and not _holds(store, owner, summary.id, args.text):
                continue
            yield route, owner, summary


def _holds(store: Store, owner: str, name: str, words: str) -> bool:
    said = (str(message.get("content")) for turn in store.turns(owner, name) for message in turn.messages)
    return any(words.casefold() in text.casefold() for text in said)


def _report_misuse(sentence: str) -> int:
    sys.stderr.write(f"pysailor conversations: {sentence}\n")
    return MISUSED


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = math.nan
    if not (math.isfinite(days) and days >= 0):
        raise argparse.ArgumentTypeError(f'"{text}" is not a number of days')
    return days


def _hint(store: Store, args: argparse.Namespace) -> str:
    """Return where it is if it was held without a key, which the key that is set now does not lead to; else ""."""
    from ..conversation import LOCAL_ACCOUNT, owner_of  # noqa: PLC0415 - as above

    if args.chat or args.account or not any(_choose(store, [({}, owner_of(LOCAL_ACCOUNT))], args)):
        return ""
    there = "it is there" if args.id else "there are some"
    return f"; {there} with --account {LOCAL_ACCOUNT}, of what was asked without a key"


def _none(place: str, hint: str) -> int:
    sys.stderr.write(f"no conversations of this credential in {place}{hint}\n")
    return DONE


def _print(documents: list[Any], indent: int | None = None) -> int:
    for document in documents:
        sys.stdout.write(_text(document, indent) + "\n")
    return DONE


def _text(document: Any, indent: int | None) -> str:
    text = json.dumps(document, ensure_ascii=False, indent=indent)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # half of a character, which JSON can have and UTF-8 cannot
        return json.dumps(document, indent=indent)
    return text


def _report_missing(name: str, place: str, hint: str) -> int:
    sys.stderr.write(f"there is no conversation {name} of this credential in {place}{hint}\n")
    return FAILED
