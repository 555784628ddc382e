"""YAML that reads back as what was written: texts that a reader could take for something else are quoted."""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

_WIDTH: Final = 110
_AMBIGUOUS: Final = re.compile(
    r"[-+.]?[0-9].*|[-+]?\.(inf|nan)|y|n|yes|no|on|off|true|false|null|~||=|<<", re.IGNORECASE | re.DOTALL
)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - nothing is written as a reference to another place
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None
    if not text.replace("\n", "").isprintable():
        style = '"'
    elif "\n" in text:
        style = "|" if _can_be_block(text) else '"'
    elif _AMBIGUOUS.fullmatch(text):
        style = "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


def _can_be_block(text: str) -> bool:
    lines = text.split("\n")
    has_blank_ends = any(line != line.rstrip() for line in lines)
    return not has_blank_ends and bool(lines[0]) and not lines[0].startswith(" ")


_Dumper.add_representer(str, _represent_text)


def write_yaml(document: Any) -> str:
    """Return a document as YAML, its members in their order."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
