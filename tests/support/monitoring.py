"""A worker's metrics and probes, as whoever scrapes them sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.support.broker import eventually

if TYPE_CHECKING:
    from tests.support.stage import StartedWorker

SESSION = requests.Session()
SESSION.trust_env = False


class Scraped:
    """The numbers of one scrape, by name and labels."""

    def __init__(self, text: str) -> None:
        families = list(text_string_to_metric_families(text))
        self.samples = [sample for family in families for sample in family.samples]
        self.names = {sample.name for sample in self.samples}

    def value(self, name: str, **labels: str) -> float:
        """Return the sum of the samples with these labels."""
        found = [each for each in self.samples if each.name == name and labels.items() <= each.labels.items()]
        return sum(each.value for each in found)


class Probed:
    """The port of a running worker."""

    def __init__(self, worker: StartedWorker) -> None:
        (line,) = eventually(lambda: worker.said("metrics and probes are on port"))
        self.port = int(line["msg"].split()[-1])

    def get(self, path: str) -> requests.Response:
        """Ask for a path."""
        return SESSION.get(f"http://127.0.0.1:{self.port}{path}", timeout=60)

    def scrape(self) -> Scraped:
        """Ask for the metrics."""
        answer = self.get("/metrics")
        assert answer.status_code == 200
        return Scraped(answer.text)

    def until(self, count: float, name: str, **labels: str) -> Scraped:
        """Return the first scrape in which a metric has this value."""

        def reached() -> Scraped | None:
            scraped = self.scrape()
            return scraped if scraped.value(name, **labels) == count else None

        found: Scraped = eventually(reached)
        return found
