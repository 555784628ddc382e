"""A request as a line for the shell: it can be pasted and run, and holds no secret but the names of variables."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

from pysailor.masking import MASK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor.message import HttpRequest

_CURLS_OWN = ("accept-encoding", "content-length", "x-client-request-id")  # it has its own, or each request another
_SPECIAL = re.compile(r'([\\"$`])')


def curl(request: HttpRequest, secrets: Mapping[str, str]) -> str:
    """Return the line. Secrets come as values, each with the variable that is named instead of it."""
    parts = ["curl", shlex.quote(request.url), "-X", request.method]
    for name, value in request.headers.items():
        if name.lower() not in _CURLS_OWN:
            parts += ["-H", _quote(f"{name}: {value}", secrets)]
    body = [] if request.body is None else ["-d", shlex.quote(json.dumps(request.body))]
    return " ".join([*parts, *body])


def without_secrets(header: str, secrets: Mapping[str, str]) -> str:
    """Return a header's value with the mask for each word that is a secret."""
    return " ".join(MASK if word in secrets else word for word in header.split(" "))


def _quote(header: str, secrets: Mapping[str, str]) -> str:
    words = header.split(" ")
    if not any(word in secrets for word in words):
        return shlex.quote(header)
    told = (f"${secrets[word] or 'SECRET'}" if word in secrets else _SPECIAL.sub(r"\\\1", word) for word in words)
    return f'"{" ".join(told)}"'
