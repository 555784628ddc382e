"""What can go wrong with an expression, in words; JSONata's own codes stand beside them, for searching."""

from __future__ import annotations

import re
from typing import Any, Final

from pysailor.errors import StepError

WORDS: Final = {
    "S0101": "a text has no closing quotation mark",
    "S0102": "a number is too large",
    "S0103": "an escape that there is not: {token}",
    "S0104": "\\u takes four hexadecimal digits",
    "S0104H": "\\uD800 to \\uDFFF are half a letter each; write both halves, or the letter itself",
    "S0105": "a quoted name has no closing `",
    "S0106": "a comment is not closed",
    "S0201": 'this is not understood from "{token}" on; is an operator missing, such as &?',
    "S0202": '"{expected}" is missing before "{token}"',
    "S0203": '"{expected}" is missing at the end',
    "S0204": 'there is no operator "{token}"',
    "S0205": '"{token}" is not expected here',
    "S0207": "the expression ends too early",
    "S0208": "a parameter of a function begins with $",
    "S0211": '"{token}" cannot stand at the beginning of a value; a text stands in "double quotes"',
    "S0212": "only a variable ($name) can be assigned to",
    "S0213": '"{token}" cannot follow a dot; a text is written in double quotes around all of it',
    "S0214": '"{token}" is not a name; a text such as an address stands in "double quotes", or under set',
    "S0217": "% leads to no object above",
    "S0301": "an empty regular expression",
    "S0302": "a regular expression has no closing /",
    "T0410": "an argument of {token} is of a type that it does not take",
    "T0412": "{token} takes a list of one type",
    "T1010": "a function that stands in for a regular expression does not give what one gives",
    "T1003": "the name of a member must be text",
    "T1006": '"{token}" is not a function',
    "T2001": "what stands before {token} is not a number; $number(…) makes one of a text",
    "T2002": "what stands after {token} is not a number; $number(…) makes one of a text",
    "T2003": "a range [a..b] begins with a whole number",
    "T2004": "a range [a..b] ends with a whole number",
    "T2006": "what stands after ~> is not a function",
    "T2009": "{token} compares two numbers or two texts, not one of each; $number(…) makes a number of a text",
    "T2010": "{token} compares numbers or texts only; $number(…) makes a number of a text",
    "D1001": "a number is out of range, as after a division by 0",
    "D1004": "a regular expression matches a text without letters, at which it would stay for ever",
    "D1009": "two members of an object have the same name",
    "D1011": "it nests too deep, or calls itself without end",
    "D1012": "it takes longer than two seconds",
    "D2014": "a range [a..b] is too long",
    "D3001": "a number is out of range, as after a division by 0",
    "D3010": "what $replace looks for cannot be an empty text",
    "D3011": "the limit of $replace cannot be negative",
    "D3012": "what stands in for a match must be a text, or a function that gives one",
    "D3020": "the limit of $split cannot be negative",
    "D3030": "a text cannot be read as a number",
    "D3060": "there is no square root of a negative number",
    "D3061": "a power is too large a number",
    "D3070": "$sort takes numbers only or texts only; for anything else give it a function",
    "D3085": "a picture of $formatNumber has digits before or after its point",
    "D3086": "a picture of $formatNumber has nothing but digits in its exponent",
    "D3110": "a text is not a time in ISO 8601, such as 2024-05-31T12:00:00Z; give $toMillis a picture of it",
    "D3132": "a picture of a date has a part that there is not: [Y], [M], [D], [H], [m], [s] and others are known",
    "D3137": "$error was called",
    "D3138": "$single found more than one",
    "D3139": "$single found none",
    "D3140": "a text cannot be encoded as, or decoded from, an address (URL)",
    "D3141": "$assert failed",
}

_SENTENCES: Final = {
    "Formatting or parsing an integer": "D3130",
    "In a decimal digit pattern": "D3131",
    "Unknown component specifier": "D3132",
    "The 'name' modifier": "D3133",
    "The timezone integer format": "D3134",
    "No matching closing bracket": "D3135",
    "The date/time picture string is missing": "D3136",
    "both integer and fractional parts are empty": "D3085",
    "invalid grouping in picture argument": "D3086",
    "must be real number, not complex": "D3061",
    "'NullValue'": "T0410",
    "'JNativeFunction' object has no attribute": "T1010",
    "'JLambda' object has no attribute": "T1010",
}
"""JSONata's codes of what the library says without one."""
_KINDS: Final = {
    OverflowError: "D3061",
    TimeoutError: "D1012",
    RecursionError: "D1011",
    UnicodeError: "D3140",
}
_PART: Final = re.compile("'[A-Za-z]'")
"""A letter that no part of a date has, as the library tells it."""
_CODE: Final = re.compile(r"[A-Z]\d{4}[A-Z]?")
LARGEST: Final = 16 << 20
"""Characters, or items, that an expression may make: more than any message can hold."""


class ResultTooLarge(Exception):
    """An expression makes a text or a list that no message can hold."""


class MappingFailed(StepError):
    """An expression cannot be evaluated with this message; `stage` is the mapper or the router's edge that failed."""

    code = "mapping_failed"

    def __init__(self, message: str, *, stage: str = "", reason: str = "") -> None:
        self.stage, self.reason = stage, reason
        super().__init__(message)

    def to_json(self) -> dict[str, Any]:
        """Add where it failed and JSONata's code, where there is one."""
        return {**super().to_json(), "stage": self.stage, "jsonata": self.reason}


def describe(error: BaseException) -> tuple[str, str]:
    """Return an error of the engine in words, and JSONata's code ("" for none)."""
    return _describe_own(error) if getattr(error, "error", "") else _describe_pythons(error)


def _describe_own(error: BaseException) -> tuple[str, str]:
    code = str(getattr(error, "error", "") or "")
    words = WORDS.get(code)
    if words is not None:
        token = getattr(error, "current", None)
        expected = getattr(error, "expected", None)
        shown = "the end" if token == "(end)" else token
        return f"{words.format(token=shown, expected=expected)} (JSONata {code})", code
    if not _CODE.fullmatch(code):  # a sentence
        known = _code_of_sentence(code)
        return (f"{WORDS.get(known, code)} (JSONata {known})", known) if known else (code, "")
    return f"{' '.join(str(error).split())} (JSONata {code})", code


def _describe_pythons(error: BaseException) -> tuple[str, str]:
    if isinstance(error, (ResultTooLarge, MemoryError)):
        return (
            f"it makes a text or a list that is too large; at most {LARGEST} characters or items are allowed",
            "too_large",
        )
    if code := _code_of(error):
        words = WORDS.get(code, "").format_map({"token": "a function", "expected": ""})
        return words or f"{error} (JSONata {code})", code
    return f"the value is not what a function takes ({type(error).__name__}: {' '.join(str(error).split())})", ""


def _code_of(error: BaseException) -> str:
    """Return JSONata's code of an error of Python, "" if there is none."""
    if isinstance(error, ValueError) and not isinstance(error, UnicodeError) and "float" in str(error):
        return "D3030"
    if isinstance(error, KeyError) and _PART.fullmatch(str(error)):
        return "D3132"
    kinds = (code for kind, code in _KINDS.items() if isinstance(error, kind))
    return next(kinds, "") or _code_of_sentence(str(error))


def _code_of_sentence(sentence: str) -> str:
    return next((code for part, code in _SENTENCES.items() if part in sentence), "")
