"""`$moment(…)`: the part of moment.js that mappings use, at UTC and in English, as a container has it.

    create      $moment(), $moment(text in ISO 8601), $moment(milliseconds), $moment(text, format)
    read        format toISOString toJSON valueOf unix isValid diff isBefore isAfter isSame
                year month date day hour minute second millisecond (and their plurals)
    change      add subtract startOf endOf clone utc

What else moment.js has is refused: an expression that calls it fails, and says what there is.
"""

from __future__ import annotations

import calendar
import math
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from .errors import MappingFailed

if TYPE_CHECKING:
    from collections.abc import Callable

_UNITS: Final = {
    **dict.fromkeys(("year", "years", "y"), "year"),
    **dict.fromkeys(("month", "months", "M"), "month"),
    **dict.fromkeys(("week", "weeks", "w"), "week"),
    **dict.fromkeys(("day", "days", "d", "date"), "day"),
    **dict.fromkeys(("hour", "hours", "h"), "hour"),
    **dict.fromkeys(("minute", "minutes", "m"), "minute"),
    **dict.fromkeys(("second", "seconds", "s"), "second"),
    **dict.fromkeys(("millisecond", "milliseconds", "ms"), "millisecond"),
}
_SECONDS: Final = {"week": 604800, "day": 86400, "hour": 3600, "minute": 60, "second": 1, "millisecond": 0.001}
_TOKEN: Final = re.compile(
    r"\[[^\]]*\]|YYYY|YY|MMMM|MMM|MM|Mo|M|DDDD|DD|Do|D|dddd|ddd|d|E|HH|H|hh|h|mm|m|ss|s|SSS|A|a|ZZ|Z|X|x|LLLL|LLL|LL|LTS|LT|L|WW|Q"
)
_LONG_TOKEN: Final = re.compile(r"\[[^\]]*\]|LLLL|LLL|LL|LTS|LT|L")
_LONG: Final = {
    "LT": "h:mm A", "LTS": "h:mm:ss A", "L": "MM/DD/YYYY", "LL": "MMMM D, YYYY", "LLL": "MMMM D, YYYY h:mm A",
    "LLLL": "dddd, MMMM D, YYYY h:mm A",
}  # fmt: skip
_ISO_FORMAT: Final = "YYYY-MM-DDTHH:mm:ssZ"
_INVALID: Final = "Invalid date"
_TWELVE: Final = 12


class Moment(dict):  # type: ignore[type-arg]  # the engine looks functions up in objects
    """A moment in time, or none (`time` is None); its functions are its members."""

    def __init__(self, time: datetime | None) -> None:
        from .callables import function  # noqa: PLC0415 - loaded already

        super().__init__({name: function(_bind(self, call)) for name, call in _FUNCTIONS.items()})
        self.time = time

    def get(self, name: str, default: Any = None) -> Any:
        """Return a function; one that there is not is refused by name."""
        if name not in self:
            raise MappingFailed(f"$moment has no {name} here; there is: {', '.join(sorted(_FUNCTIONS))}")
        return super().get(name, default)

    def to_json(self) -> str | None:
        """Return it as JSON has it, in UTC with milliseconds."""
        return None if self.time is None else _iso(self.time)


def make_moment(value: Any = None, pattern: Any = None, *_: Any) -> Moment:
    """Return the moment that `$moment(value, format)` is."""
    if value is None and pattern is None:
        return Moment(datetime.now(UTC))
    return Moment(_read(value, pattern))


def _bind(moment: Moment, call: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: call(moment, *args)


def _read(value: Any, pattern: Any) -> datetime | None:
    try:
        if isinstance(value, Moment):
            return value.time
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, UTC)
        if isinstance(value, str):
            return _parse(value, str(pattern)) if pattern else _from_iso(value)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _from_iso(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


_PARSED: Final = {
    "YYYY": (r"(\d{4})", "year"), "MM": (r"(\d{1,2})", "month"), "M": (r"(\d{1,2})", "month"),
    "DD": (r"(\d{1,2})", "day"), "D": (r"(\d{1,2})", "day"), "HH": (r"(\d{1,2})", "hour"), "H": (r"(\d{1,2})", "hour"),
    "mm": (r"(\d{1,2})", "minute"), "m": (r"(\d{1,2})", "minute"), "ss": (r"(\d{1,2})", "second"),
    "s": (r"(\d{1,2})", "second"),
}  # fmt: skip


def _parse(text: str, pattern: str) -> datetime | None:
    """Read a text in a format of numbers, as leniently as moment.js: what stands between them does not matter."""
    if pattern in ("X", "x"):
        return datetime.fromtimestamp(float(text) / (1 if pattern == "X" else 1000), UTC)
    tokens = _TOKEN.findall(pattern)
    unknown = [token for token in tokens if token not in _PARSED]
    if unknown:
        raise MappingFailed(f"$moment reads no {unknown[0]} here; there is: {', '.join(_PARSED)}, X, x")
    found = re.match(r"\D*?".join(_PARSED[token][0] for token in tokens), text.strip())
    if not found or not tokens:
        return None
    parts = {"month": 1, "day": 1, "year": datetime.now(UTC).year}
    parts |= {_PARSED[token][1]: int(value) for token, value in zip(tokens, found.groups(), strict=True)}
    return datetime(**parts, tzinfo=UTC)


def _format(moment: Moment, pattern: Any = None, *_: Any) -> str:
    time = moment.time
    if time is None:
        return _INVALID
    expanded = re.sub(
        r"\[[^\]]*\]|LLLL|LLL|LL|LTS|LT|L", lambda found: _LONG.get(found[0], found[0]), str(pattern or _ISO_FORMAT)
    )
    return _TOKEN.sub(lambda found: _token(time, found[0]), expanded)


def _token(time: datetime, token: str) -> str:
    if token.startswith("["):
        return token[1:-1]
    hour = time.hour % _TWELVE or _TWELVE
    values: dict[str, Any] = {
        "YYYY": f"{time.year:04}", "YY": f"{time.year % 100:02}", "MMMM": calendar.month_name[time.month],
        "MMM": calendar.month_abbr[time.month], "MM": f"{time.month:02}", "M": time.month, "Mo": _ordinal(time.month),
        "DDDD": f"{time.timetuple().tm_yday:03}", "DD": f"{time.day:02}", "D": time.day, "Do": _ordinal(time.day),
        "dddd": calendar.day_name[time.weekday()], "ddd": calendar.day_abbr[time.weekday()],
        "d": time.isoweekday() % 7, "E": time.isoweekday(), "HH": f"{time.hour:02}", "H": time.hour,
        "hh": f"{hour:02}", "h": hour, "mm": f"{time.minute:02}", "m": time.minute, "ss": f"{time.second:02}",
        "s": time.second, "SSS": f"{time.microsecond // 1000:03}", "A": "AM" if time.hour < _TWELVE else "PM",
        "a": "am" if time.hour < _TWELVE else "pm", "Z": "+00:00", "ZZ": "+0000", "X": int(time.timestamp()),
        "x": _milliseconds(time), "WW": f"{time.isocalendar().week:02}", "Q": (time.month + 2) // 3,
    }  # fmt: skip
    return str(values.get(token, token))


def _ordinal(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    is_teen = 10 <= number % 100 <= 20  # noqa: PLR2004 - eleventh, twelfth, …
    return f"{number}{'th' if is_teen else endings.get(number % 10, 'th')}"


def _add(moment: Moment, amount: Any = 0, unit: Any = "ms", *_: Any, sign: int = 1) -> Moment:
    if isinstance(amount, str) and isinstance(unit, int | float):
        amount, unit = unit, amount
    if moment.time is None:
        return Moment(None)
    kind, count = _unit(unit), sign * float(amount)
    if kind in ("year", "month"):
        return Moment(_add_months(moment.time, round(count) * (12 if kind == "year" else 1)))
    whole = round(count) if kind in ("day", "week") else count
    return Moment(moment.time + timedelta(seconds=whole * _SECONDS[kind]))


def _subtract(moment: Moment, amount: Any = 0, unit: Any = "ms", *_: Any) -> Moment:
    return _add(moment, amount, unit, sign=-1)


def _add_months(time: datetime, months: int) -> datetime:
    number = time.year * 12 + time.month - 1 + months
    year, month = divmod(number, 12)
    return time.replace(year=year, month=month + 1, day=min(time.day, calendar.monthrange(year, month + 1)[1]))


def _start_of(moment: Moment, unit: Any = "ms", *_: Any) -> Moment:
    time, kind = moment.time, _unit(unit)
    if time is None:
        return Moment(None)
    if kind == "week":  # moment.js begins the week on Sunday
        time, kind = time - timedelta(days=time.isoweekday() % 7), "day"
    order = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    smaller = order[order.index("microsecond" if kind == "millisecond" else kind) + 1 :]
    return Moment(time.replace(**{name: 1 if name in ("month", "day") else 0 for name in smaller}))  # type: ignore[arg-type]


def _end_of(moment: Moment, unit: Any = "ms", *_: Any) -> Moment:
    begin = _start_of(moment, unit)
    return _subtract(_add(begin, 1, unit), 1, "ms")


def _diff(moment: Moment, other: Any = None, unit: Any = "ms", exact: Any = False, *_: Any) -> Any:
    until = _read(other, None)
    if moment.time is None or until is None:
        return None
    kind = _unit(unit)
    if kind in ("year", "month"):
        found = _months_between(moment.time, until) / (12 if kind == "year" else 1)
    else:
        found = (moment.time - until).total_seconds() / _SECONDS[kind]
    return found if exact is True else math.trunc(found)


def _months_between(later: datetime, earlier: datetime) -> float:
    """Return the months from one to the other, as moment.js counts them."""
    whole = (earlier.year - later.year) * 12 + earlier.month - later.month
    anchor = _add_months(later, whole)
    is_before = (earlier - anchor).total_seconds() < 0
    second = _add_months(later, whole + (-1 if is_before else 1))
    span = abs((second - anchor).total_seconds())
    return -(whole + (earlier - anchor).total_seconds() / span)


def _compare(test: Callable[[float], bool]) -> Callable[..., bool]:
    def compare(moment: Moment, other: Any = None, unit: Any = None, *_: Any) -> bool:
        until = Moment(_read(other, None) if other is not None else datetime.now(UTC))
        mine, theirs = (_start_of(each, unit) if unit else each for each in (moment, until))
        return mine.time is not None and theirs.time is not None and test((mine.time - theirs.time).total_seconds())

    return compare


def _unit(unit: Any) -> str:
    kind = _UNITS.get(str(unit))
    if kind is None:
        raise MappingFailed(
            f'$moment knows no unit "{unit}"; there is: year, month, week, day, hour, minute, second, ms'
        )
    return kind


def _part(read: Callable[[datetime], Any]) -> Callable[..., Any]:
    def get(moment: Moment, *args: Any) -> Any:
        if args and args[0] is not None:
            raise MappingFailed("$moment sets no parts here; use add, subtract or startOf")
        return None if moment.time is None else read(moment.time)

    return get


def _iso(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03}Z"


def _milliseconds(time: datetime) -> int:
    return round(time.timestamp() * 1000)


_PARTS: Final[dict[str, Callable[..., Any]]] = {
    "year": _part(lambda time: time.year),
    "month": _part(lambda time: time.month - 1),
    "date": _part(lambda time: time.day),
    "day": _part(lambda time: time.isoweekday() % 7),
    "hour": _part(lambda time: time.hour),
    "minute": _part(lambda time: time.minute),
    "second": _part(lambda time: time.second),
    "millisecond": _part(lambda time: time.microsecond // 1000),
}
_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    **_PARTS,
    **{f"{name}s": call for name, call in _PARTS.items()},
    "format": _format,
    "toISOString": _part(_iso),
    "toJSON": _part(_iso),
    "valueOf": _part(_milliseconds),
    "unix": _part(lambda time: math.floor(time.timestamp())),
    "isValid": lambda moment, *_: moment.time is not None,
    "diff": _diff,
    "isBefore": _compare(lambda seconds: seconds < 0),
    "isAfter": _compare(lambda seconds: seconds > 0),
    "isSame": _compare(lambda seconds: seconds == 0),
    "add": _add,
    "subtract": _subtract,
    "startOf": _start_of,
    "endOf": _end_of,
    "clone": lambda moment, *_: Moment(moment.time),
    "utc": lambda moment, *_: Moment(moment.time),
}
