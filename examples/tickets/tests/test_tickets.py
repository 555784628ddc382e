"""What the component promises, against a ticket service on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pysailor import Data, InvalidConfig, InvalidCredentials, InvalidInput, Message, Rebound, SnapshotUpdate, StepError
from pysailor.testing import choices, run_step, verify
from pysailor.testing.standard import ComponentTests

if TYPE_CHECKING:
    from .conftest import Service

ROOT = Path(__file__).parents[1]
SUBJECT = {"subject": "The printer is out of paper"}


class TestComponent(ComponentTests):
    root = ROOT


def test_a_ticket_is_opened(service: Service) -> None:
    events = run_step(ROOT, "createTicket", SUBJECT, cfg=service.cfg)
    assert events == [Data(Message(body={"id": 4, **SUBJECT, "queue": "it"}))]


def test_new_tickets_are_emitted_one_by_one_and_remembered(service: Service) -> None:
    events = run_step(ROOT, "newTickets", {}, cfg=service.cfg, snapshot={"after": 1})
    second, third = service.tickets[1:]
    assert events == [
        Data(Message(body=second)),
        SnapshotUpdate({"after": 2}),
        Data(Message(body=third)),
        SnapshotUpdate({"after": 3}),
    ]


@pytest.mark.parametrize(
    ("status", "error"), [(401, InvalidConfig), (422, InvalidInput), (429, Rebound), (500, StepError)]
)
def test_each_refusal_has_its_consequence(service: Service, status: int, error: type[Exception]) -> None:
    service.status = status
    with pytest.raises(error):
        run_step(ROOT, "createTicket", SUBJECT, cfg=service.cfg)


def test_queues_are_offered_before_one_is_chosen(service: Service) -> None:
    cfg = {name: value for name, value in service.cfg.items() if name != "queue"}
    assert choices(ROOT, "createTicket", "queue", cfg) == {"it": "IT", "hr": "Human Resources"}


def test_a_credential_works_or_the_reason_is_told(service: Service) -> None:
    verify(ROOT, service.cfg)
    with pytest.raises(InvalidCredentials, match="is refused by the ticket service"):
        verify(ROOT, {**service.cfg, "apiKey": "another"})


def test_a_service_that_is_away_is_named() -> None:
    with pytest.raises(StepError, match="cannot be reached"):
        run_step(ROOT, "createTicket", SUBJECT, cfg={"baseUrl": "http://127.0.0.1:1", "apiKey": "x", "queue": "it"})
