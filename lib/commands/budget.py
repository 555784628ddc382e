"""`pysailor budget`: what the budgets that workers share have spent, and what an operator may change of it."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple

from pysailor import InvalidConfig, SailorError, environment

from ..owner import owner_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from ..budgets import Ledger
    from ..budgets.account import Account

HELP = "show what shared budgets have spent, raise one for now, or begin it anew"
EPILOG = """\
example:
  pysailor budget show
  pysailor budget show support --json
  pysailor budget set support 40
  pysailor budget reset support --key customer-7

A budget is named by the step's setting budgetName, else FLOW/STEP by their ids on the platform. The store is the one
that PYSAILOR_JOURNAL names; what set says holds until the budget's period ends, then the step's own amount holds again.
Days and months are those of UTC. Amounts are US$. Calls under way hold what they may cost at worst; a worker that died
lets go a minute after its message's time is over, and the worst case counts as spent, since it may have been paid.
"""
DONE, FAILED, MISUSED = 0, 1, 2
STORE = "PYSAILOR_JOURNAL"
_COLUMNS = ("budget", "for", "spent", "held", "limit", "left", "calls")


class _Found(NamedTuple):
    place: str
    account: Account
    of: Mapping[str, str]


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("what", metavar="WHAT", choices=("show", "set", "reset"), help="show, set or reset")
    parser.add_argument("name", metavar="NAME", nargs="?", help="the budget's name; show takes all without it")
    parser.add_argument(
        "amount", metavar="AMOUNT", nargs="?", help="for set: the new limit in US$, or - for the step's own"
    )
    parser.add_argument("--key", metavar="KEY", help="only the budget of this budgetKey, such as a customer's number")
    parser.add_argument(
        "--all", action="store_true", help="those of past days and months, too, and of every credential"
    )
    parser.add_argument("--store", metavar="URL", help=f"where they are (default: {STORE})")
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument("--account", metavar="ID", help="only those of the credential with this id on the platform")
    whose.add_argument("--api-key", metavar="KEY", help="only those of this API key, off the platform")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, for programs")


def run(args: argparse.Namespace) -> int:
    """Run the command; return 1 if there is no such budget or store, 2 if it is used in a wrong way."""
    misuse = _find_misuse(args)
    if misuse:
        return _report_misuse(misuse)
    url = args.store or environment().get(STORE, "")
    if url.strip().lower() in ("", "off", "memory:"):
        return _report_failure(
            f"no store is named; set {STORE}, or say --store sqlite:///FILE. Without one, each worker keeps budgets in "
            "its own memory"
        )
    from pysailor import open_store  # noqa: PLC0415 - a help text needs none of it

    from ..budgets import Ledger  # noqa: PLC0415 - as above

    try:
        amount = _amount(args)
        with open_store(url) as store:
            return _act(Ledger(store), args, amount)
    except InvalidConfig as error:
        return _report_misuse(str(error))
    except SailorError as error:
        return _report_failure(str(error))


def _find_misuse(args: argparse.Namespace) -> str:
    if args.what != "show" and not args.name:
        return f"which one to {args.what}? Name it; pysailor budget show lists them"
    if args.what == "set" and args.amount is None:
        return f"what may {args.name} spend? pysailor budget set {args.name} 40"
    if args.what != "set" and args.amount is not None:
        return f"{args.what} takes no amount; did you mean: pysailor budget set {args.name} {args.amount}"
    return ""


def _amount(args: argparse.Namespace) -> Decimal | None:
    """Return the limit to set, None for the step's own; raise InvalidConfig."""
    from ..budgets.settings import read_amount  # noqa: PLC0415 - as above

    return None if args.amount in (None, "-") else read_amount(args.amount, "")


def _act(ledger: Ledger, args: argparse.Namespace, amount: Decimal | None) -> int:
    known = _find(ledger, args)
    found = [one for one in known if args.name in (None, one.of.get("name"))]
    found = [one for one in found if args.key is None or one.of.get("key") == args.key]
    if not found:
        return _report_missing(args, known)
    change = _change(args, amount)
    if change is not None:
        changed = [(one, ledger.change(one.place, change)) for one in found]
        found = [_Found(one.place, account, one.of) for one, account in changed if account is not None]
    _print(found, as_json=args.json)
    return DONE


def _find(ledger: Ledger, args: argparse.Namespace) -> list[_Found]:
    """Return the budgets that are meant, those of the calendar first; not those of a day or month that is over."""
    credential = args.account or args.api_key
    now = ledger.now()
    found = [_Found(*one) for one in ledger.accounts(owner_of(credential) if credential else "")]
    if not args.all:
        found = [one for one in found if _is_current(one.of, now)]
    return sorted(found, key=lambda one: [one.of.get(name, "") for name in ("name", "begin", "key", "run")])


def _is_current(of: Mapping[str, str], now: float) -> bool:
    from ..budgets.period import Period  # noqa: PLC0415 - as above

    try:
        return of.get("begin") == Period(of.get("period", "")).begin(now)
    except ValueError:
        return False


def _change(args: argparse.Namespace, amount: Decimal | None) -> Callable[[Account], Account] | None:
    from dataclasses import replace  # noqa: PLC0415 - as above

    if args.what == "set":
        return lambda account: replace(account, limit=amount, warned=False)
    return (lambda account: account.reset()) if args.what == "reset" else None


def _report_missing(args: argparse.Namespace, known: list[_Found]) -> int:
    if not known and args.what == "show" and args.name is None:
        sys.stderr.write(
            "no budgets yet; one begins with the first message of a step whose setting budget has an amount\n"
        )
        return DONE
    names = sorted({one.of.get("name", "") for one in known})
    near = get_close_matches(args.name or "", names, 1, 0.5)
    hint = f"; did you mean {near[0]}?" if near else f"; there are: {', '.join(names[:20])}" if names else ""
    key = "" if args.key is None else f" with the key {args.key}"
    return _report_failure(
        f"there is no budget {args.name or ''}{key} in this period{hint or '; --all shows those of the past'}"
    )


def _print(found: list[_Found], *, as_json: bool) -> None:
    documents = [_describe(one) for one in found]
    if as_json:
        for document in documents:
            sys.stdout.write(json.dumps(document) + "\n")
        return
    rows = [[_clean(str(document[column])) for column in _COLUMNS] for document in documents]
    widths = [max(len(row[column]) for row in [list(_COLUMNS), *rows]) for column in range(len(_COLUMNS))]
    for row in [list(_COLUMNS), *rows]:
        sys.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")


def _describe(one: _Found) -> dict[str, Any]:
    from ..cost.price import dollars  # noqa: PLC0415 - as above

    account, of = one.account, one.of
    limit = account.allowed
    left = None if limit is None else limit - account.spent - account.held
    whose = [of.get(name, "") for name in ("begin", "run", "conversation", "key")]
    until = max((each.until for each in account.reserved.values()), default=None)
    return {
        "budget": of.get("name", ""),
        "for": " ".join(filter(None, [of.get("period", ""), *whose])),
        "spent": dollars(account.spent),
        "held": dollars(account.held),
        "limit": "-" if limit is None else dollars(limit) + ("" if account.limit is None else " (set)"),
        "left": "-" if left is None else dollars(left),
        "calls": len(account.reserved),
        "held_until": None if until is None else datetime.fromtimestamp(until, UTC).isoformat(timespec="seconds"),
        **{name: of.get(name, "") for name in ("period", "begin", "run", "conversation", "key")},
    }


def _clean(text: str) -> str:
    """Return a name as one line that a terminal shows: names come from messages."""
    shown = "".join(sign if sign.isprintable() else "?" for sign in text)
    return shown.encode(sys.stdout.encoding or "utf-8", "replace").decode(sys.stdout.encoding or "utf-8")


def _report_misuse(sentence: str) -> int:
    sys.stderr.write(f"pysailor budget: {sentence}\n")
    return MISUSED


def _report_failure(sentence: str) -> int:
    sys.stderr.write(f"pysailor budget: {sentence}\n")
    return FAILED
