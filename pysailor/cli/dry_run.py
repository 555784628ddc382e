"""`--dry-run`: the request that a step would send, printed and not sent."""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING, Any

from pysailor.errors import Defect, InvalidInput, describe_kind
from pysailor.message import HttpRequest
from pysailor.step import Invocation

from .curl import curl, without_secrets
from .defects import component_code, open_step
from .output import print_json, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor.component.component import Loaded
    from pysailor.context import Context
    from pysailor.contract import Findings
    from pysailor.message import Message

    from .sample import Sample
    from .workspace import Workspace


def placeholders(function: Loaded) -> dict[str, str]:
    """Return a word for each required setting that has none: a request that is not sent needs no key."""
    return {field.name: field.name.upper() for field in function.fields if field.required}


def ask_rules(
    function: Loaded, message: Message, cfg: Mapping[str, Any], snapshot: Any, context: Context
) -> Findings | None:
    """Return what the component's own rules find, None if it has none; raise Defect."""
    rules = function.hook("check")
    if rules is None:
        return None
    found = rules(message, cfg, snapshot, context)
    if not hasattr(found, "errors") or not hasattr(found, "warnings"):
        raise Defect(f"check must return a CheckResult; it returned {describe_kind(found)}.")
    findings: Findings = found
    return findings


def print_request(workspace: Workspace, function: Loaded, sample: Sample, *, is_pretty: bool) -> None:
    """Print the request of one sample, and a curl line for it; raise what the step would raise before it sends."""
    words, chosen = placeholders(function), workspace.merge_settings(sample.cfg)
    secrets = workspace.secrets({**words, **chosen})
    with open_step(function, {**words, **chosen}) as step:
        context = step.context(Invocation(lambda _: None, logging.getLogger("component")))
        message = step.accept(sample.message)
        with component_code():
            found = ask_rules(function, message, step.cfg, sample.snapshot, context)
            if found is not None and found.errors:
                raise InvalidInput(faults=list(found.errors))
            request = function.get_function("preview")(message, step.cfg, context)
    if not isinstance(request, HttpRequest):
        raise Defect(f"preview must return an HttpRequest; it returned {describe_kind(request)}.")
    headers = {name: without_secrets(value, secrets) for name, value in request.headers.items()}
    document = {"method": request.method, "url": request.url, "headers": headers, "body": request.body}
    for doubt in found.warnings if found is not None else ():
        say(str(doubt))
    print_json(document, workspace.results, is_pretty=is_pretty)
    sent = json.dumps(request.body)
    for name, word in words.items():
        if name not in chosen and f'"{word}"' in sent:
            say(f"no {name} is set; {word} is put in its place")
    print(curl(request, secrets), file=sys.stderr)
