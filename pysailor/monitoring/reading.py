"""A worker's metrics, read from its port."""

from __future__ import annotations

import http.client
import time
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from .errors import MonitoringUnavailable

try:
    from prometheus_client.parser import text_string_to_metric_families
except ModuleNotFoundError as error:
    raise MonitoringUnavailable(
        "The package prometheus_client is not installed; reading metrics needs the extra [metrics]."
    ) from error

if TYPE_CHECKING:
    from collections.abc import Mapping

_PATIENCE: Final = 5.0
_MOST_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Look:
    """The samples of one moment: name, labels, value."""

    samples: tuple[tuple[str, Mapping[str, str], float], ...]
    at: float = field(default_factory=time.monotonic)

    def sum(self, name: str, **labels: str) -> float:
        """Return the sum of the samples of this name and these labels."""
        return sum(value for known, has, value in self.samples if known == name and labels.items() <= has.items())

    def has(self, name: str, **labels: str) -> bool:
        """Return whether there is a sample of this name and these labels."""
        return any(known == name and labels.items() <= has.items() for known, has, _ in self.samples)

    def labels(self, name: str, label: str) -> list[str]:
        """Return the values that a label of this metric has."""
        return sorted({has[label] for known, has, _ in self.samples if known == name and label in has})


def read_metrics(url: str, patience: float = _PATIENCE) -> Look:
    """Ask a worker; raise OSError if it does not answer, ValueError if that is something else than a worker's metrics.

    The whole answer comes within `patience` seconds. Proxies are not asked: the worker is here, or in the same network.
    """
    return read_text(_fetch(url, patience).decode())


def read_text(text: str) -> Look:
    """Return what a worker's metrics say; raise ValueError for something else."""
    samples = tuple(
        (sample.name, dict(sample.labels), float(sample.value))
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    )
    if not any(name == "pysailor_info" for name, _, _ in samples):
        raise ValueError("no pysailor_info")
    return Look(samples)


def _fetch(url: str, patience: float) -> bytes:
    until = time.monotonic() + patience
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=patience) as answer:
            content = b""
            while (part := answer.read1(_MOST_BYTES - len(content))) and len(content) < _MOST_BYTES:
                content += part
                if time.monotonic() > until:
                    raise TimeoutError(None, "the answer does not end")
            length = answer.headers.get("Content-Length")
    except ConnectionResetError:  # an HTTPException as well where nothing was answered
        raise
    except http.client.HTTPException as error:
        raise ValueError("no HTTP") from error
    if length is None or len(content) < min(int(length), _MOST_BYTES):  # a worker names the length
        raise ConnectionResetError(None, "the answer was cut off")
    return content
