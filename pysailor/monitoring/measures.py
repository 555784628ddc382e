"""What a component measures, as gauges: each is made when it is first told."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from prometheus_client import Gauge

from .labels import LabelValues

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from ..context import Measure

LOG = logging.getLogger(__name__)

_MOST = 50
_NAME = re.compile(r"[a-z][a-z0-9_]{0,60}")


class Measures:
    """Gauges by the name of a measure. One that cannot be a metric is left out, and logged once."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._gauges: dict[str, Gauge | None] = {}
        self._values = LabelValues()

    def set(self, measure: Measure) -> None:
        """Take over the value."""
        if measure.name not in self._gauges and len(self._gauges) < _MOST:
            self._gauges[measure.name] = self._make(measure)
        gauge = self._gauges.get(measure.name)
        if gauge is not None and set(gauge._labelnames) == set(measure.labels):  # noqa: SLF001 - it has no other name
            values = {name: self._values.limit(value) for name, value in measure.labels.items()}
            (gauge.labels(**values) if values else gauge).set(measure.value)

    def _make(self, measure: Measure) -> Gauge | None:
        names = (measure.name, *measure.labels)
        if not all(map(_NAME.fullmatch, names)):
            LOG.warning("the measure %.60r is left out: its names are not plain words joined by _", measure.name)
            return None
        try:
            text = f"Measured by the component: {measure.name.replace('_', ' ')}"
            return Gauge(f"pysailor_{measure.name}", text, list(measure.labels), registry=self._registry)
        except ValueError as error:  # the name is taken
            LOG.warning("the measure %s is left out: %s", measure.name, error)
            return None
