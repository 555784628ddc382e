"""Settings without which a step cannot be bound, such as a model: a replay has them from the recording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pysailor.component.descriptor import Field


class RecordedSettings:
    """Required fields that are no secret, by component; None where steps had several values."""

    def __init__(self, kept: Mapping[str, Mapping[str, Any]]) -> None:
        self.kept: dict[str, dict[str, Any]] = {component: dict(fields) for component, fields in kept.items()}

    def keep(self, component: str, fields: Iterable[Field], cfg: Mapping[str, Any]) -> None:
        """Remember what a step has set."""
        kept = self.kept.setdefault(component, {})
        for field in fields:
            value = cfg.get(field.name)
            if field.required and not field.secret and isinstance(value, str) and "://" not in value:
                kept[field.name] = value if kept.get(field.name, value) == value else None

    def find_missing(self, component: str, fields: Iterable[Field], cfg: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of required fields that nobody has set."""
        kept = self.kept.get(component, {})
        return {
            field.name: kept[field.name]
            for field in fields
            if field.required and not cfg.get(field.name) and kept.get(field.name)
        }
