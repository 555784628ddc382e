"""An error of an expression has the code that JSONata's documentation has for it."""

from __future__ import annotations

import re
from typing import Any, Final

from pysailor.flow.document import FlowExpression, InvalidFlow, Position
from pysailor.flow.mapper import UNDEFINED, MapContext, MappingFailed, compile_expression

from .test_suite import DIFFERS, SUITE, UNTIMELY

_OURS: Final = ("on the platform",)
"""What is refused before the flow runs is said in other words, with what is meant."""
OTHERS: Final = {
    "function-error/case007": "$error(null) is called, and told",
    "function-formatNumber/case028": "the library tells commas side by side from a comma at the point no more",
    "function-formatNumber/case032": "the library says of a comma in an exponent that it is no digit",
    "function-pad/case011": "there a RangeError of JavaScript, which has no code",
    "function-pad/case012": "as above",
    "literals/case015": "the text is a regular expression to the library",
    "matchers/case000": "there a TypeError of JavaScript, which has no code",
    "partial-application/case003": "the code without the hint",
    "tail-recursion/case005": "U1001 is the suite's own",
}


def code_of(case: dict[str, Any]) -> str:
    data = SUITE["datasets"][case["dataset"]] if "dataset" in case else case.get("data", UNDEFINED)
    try:
        compile_expression(FlowExpression(case["expression"], Position("f", 1, 1))).evaluate(data, MapContext())
    except MappingFailed as error:
        return error.reason
    except InvalidFlow as error:
        told = str(error.findings[0])
        found = re.search(r"JSONata (\w+)", told)
        return str(case["error"]) if any(words in told for words in _OURS) else found[1] if found else told
    return ""


def test_errors_have_the_codes_of_jsonata() -> None:
    cases = [case for case in SUITE["cases"] if "error" in case and case["id"] not in {*UNTIMELY, *DIFFERS}]
    differing = {case["id"]: (case["error"], code_of(case)) for case in cases if code_of(case) != case["error"]}
    assert {name: codes for name, codes in differing.items() if name not in OTHERS} == {}
    assert set(OTHERS) == set(differing), "these do not differ any more"
