"""A worker's metrics, read from its port and put into words: for people at a terminal."""

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
_OUTCOMES: Final = ("done", "rebound", "failed", "rejected", "returned")


@dataclass(frozen=True, slots=True)
class Look:
    """The samples of one moment: name, labels, value."""

    samples: tuple[tuple[str, Mapping[str, str], float], ...]
    at: float = field(default_factory=time.monotonic)

    def sum(self, name: str, **labels: str) -> float:
        """Return the sum of the samples of this name and these labels."""
        return sum(value for known, has, value in self.samples if known == name and labels.items() <= has.items())

    def labels(self, name: str, label: str) -> list[str]:
        """Return the values that a label of this metric has."""
        return sorted({has[label] for known, has, _ in self.samples if known == name and label in has})

    def line(self, before: Look | None) -> str:
        """Return the reading as one line, with rates since the one before."""
        counts = " ".join(
            f"{outcome}={self.sum('pysailor_messages_total', outcome=outcome):.0f}" for outcome in _OUTCOMES
        )
        return (
            f"{time.strftime('%H:%M:%S')} {self._state()} in_flight={self.sum('pysailor_in_flight'):.0f}"
            f"/{self.sum('pysailor_prefetch'):.0f} {counts}"
            f" rate={_rate(self, before, 'pysailor_messages_total')}"
            f" calls={self.sum('pysailor_calls_total'):.0f} {self._cost('')}"
        ).rstrip()

    def table(self, before: Look | None) -> str:
        """Return it as a table of several lines."""
        who = next((has for name, has, _ in self.samples if name == "pysailor_info"), {})
        state = (
            f"{self._state()}; in flight {self.sum('pysailor_in_flight'):.0f} of {self.sum('pysailor_prefetch'):.0f}, "
            f"the oldest for {self.sum('pysailor_oldest_in_flight_seconds'):.1f} s; "
            f"{self.sum('process_resident_memory_bytes') / 2**20:.0f} MiB"
        )
        lines = [
            " ".join(f"{name} {value}" for name, value in who.items()),
            state,
            "",
            f"{'messages':<30}{'count':>10}{'per s':>10}{'mean s':>10}",
        ]
        for outcome in _OUTCOMES:
            count = self.sum("pysailor_messages_total", outcome=outcome)
            rate = _rate(self, before, "pysailor_messages_total", outcome=outcome)
            mean = self._mean("pysailor_message_seconds", outcome=outcome)
            lines.append(f"{outcome:<30}{count:>10.0f}{rate:>10}{mean:>10}")
        targets = self.labels("pysailor_calls_total", "target")
        if targets:
            lines += ["", f"{'calls':<30}{'count':>10}{'tries':>10}{'mean s':>10}  used"]
        for target in targets:
            units = ", ".join(
                f"{self.sum('pysailor_call_units_total', target=target, unit=unit):.0f} {unit.replace('_', ' ')}"
                for unit in self.labels("pysailor_call_units_total", "unit")
            )
            used = ", ".join(filter(None, [units, self._cost(target)]))
            lines.append(
                f"{target[:29]:<30}{self.sum('pysailor_calls_total', target=target):>10.0f}"
                f"{self.sum('pysailor_call_tries_total', target=target):>10.0f}"
                f"{self._mean('pysailor_call_seconds', target=target):>10}  {used}"
            )
        return "\n".join(lines)

    def _state(self) -> str:
        if self.sum("pysailor_broker_blocked"):
            return "blocked"
        return "consuming" if self.sum("pysailor_consuming") else "not-consuming"

    def _mean(self, name: str, **labels: str) -> str:
        count = self.sum(f"{name}_count", **labels)
        return f"{self.sum(f'{name}_sum', **labels) / count:.3f}" if count else "-"

    def _cost(self, target: str) -> str:
        """Return what was paid, for a target or ("") all of them."""
        of = {"target": target} if target else {}
        costs = (
            (currency, self.sum("pysailor_call_cost_total", currency=currency, **of)) for currency in self._currencies()
        )
        return ", ".join(f"{cost:.6f} {currency}" for currency, cost in costs)

    def _currencies(self) -> list[str]:
        return self.labels("pysailor_call_cost_total", "currency")


def read_metrics(url: str) -> Look:
    """Ask a worker; raise OSError if it does not answer, ValueError if that is something else than a worker's metrics.

    Proxies are not asked: the worker is here, or in the same network.
    """
    text = _fetch(url).decode()
    samples = tuple(
        (sample.name, dict(sample.labels), float(sample.value))
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    )
    if not any(name == "pysailor_info" for name, _, _ in samples):
        raise ValueError("no pysailor_info")
    return Look(samples)


def _fetch(url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_PATIENCE) as answer:
            content: bytes = answer.read(_MOST_BYTES)
            length = answer.headers.get("Content-Length")
    except ConnectionResetError:  # an HTTPException as well where nothing was answered
        raise
    except http.client.HTTPException as error:
        raise ValueError("no HTTP") from error
    if length is None or len(content) < min(int(length), _MOST_BYTES):  # a worker names the length
        raise ConnectionResetError(None, "the answer was cut off")
    return content


def _rate(now: Look, before: Look | None, name: str, **labels: str) -> str:
    """Return how many a second it was since the look before; "-" without one."""
    if before is None or now.at <= before.at:
        return "-"
    return f"{max(0.0, now.sum(name, **labels) - before.sum(name, **labels)) / (now.at - before.at):.1f}"
