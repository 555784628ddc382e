"""How a trace goes along with messages.

A sailor hands on the headers whose names begin with `x-eio-meta-` and no others, so the context of the trace (W3C Trace
Context) travels under such names: also a step of another sailor between two of ours does not end the trace. What comes
without them is looked up under the plain names, which other software uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..wire.headers import META

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES: Final = ("traceparent", "tracestate")
_LONGEST: Final = 512


def read_context(headers: Mapping[str, Any], meta: Mapping[str, Any]) -> dict[str, str]:
    """Return the trace's context as a message's headers have it, by its plain names; what is not text is left out."""
    if not meta and "traceparent" not in headers:
        return {}
    found = {name: meta.get(META + name) or headers.get(name) for name in NAMES}
    return {name: value for name, value in found.items() if isinstance(value, str) and 0 < len(value) <= _LONGEST}


def write_context(context: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that carry a context through all steps that follow."""
    return {META + name: context[name] for name in NAMES if context.get(name)}
