"""Every line of a batch as it is sent: fitted to Send Request's schema, built, held against all rules, priced."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor import Fault, InvalidInput, Schema

from ..api.servers import AZURE_DEPLOYMENTS
from ..attachments import NotFetched
from ..budgets import split_key
from ..completions.endpoint import COMPLETIONS
from ..completions.unknown_members import find_misspelled
from ..cost.price import keep_if_priced
from ..environment import Environment
from ..responses.endpoint import RESPONSES
from ..responses.route import choose
from .lines import CUSTOM_ID, MOST_FAULTS, BatchLine, LineSettings, in_line, read_lines
from .price import worst_of
from .upload import write_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pysailor import Context, Message

    from ..api.client import Client
    from ..cost.price import Cost
    from ..endpoint import BuiltRequest, Endpoint

MOST_WARNINGS = 20
_SCHEMA = Path(__file__).parents[1] / "schemas" / "sendRequest.in.json"
_WITHOUT_BATCHES = ("audio", "-cyber", "daybreak", "-chat-latest", "-codex")


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """A line and what is sent for it."""

    line: BatchLine
    request: BuiltRequest


class LineChecker:
    """Checks the lines of one message, with the settings of a step."""

    def __init__(
        self, cfg: Mapping[str, Any], ctx: Context, msg: Message, client: Client, snapshot: Any = None
    ) -> None:
        self._ctx, self._msg, self._client = ctx, msg, client
        self._connection = client.connection
        self._environment = ctx.keep(Environment)
        self._memory = COMPLETIONS.memory(snapshot)
        self._model = str(cfg["model"])
        self._api = str(cfg.get("api") or "auto")
        self._endpoint: Endpoint = COMPLETIONS
        self._strict = bool(cfg.get("strict"))
        self._lines = LineSettings(
            str(cfg.get("field") or ""),
            str(cfg.get("idField") or CUSTOM_ID),
            str(cfg.get("instructions") or "").strip(),
        )

    @property
    def url(self) -> str:
        """What every line names as its address."""
        return address_of(self._endpoint.path, self._client)

    def check(self) -> tuple[list[CheckedLine], tuple[Fault, ...]]:
        """Return every line as it is sent, and doubts; raise InvalidInput with all that is wrong with any."""
        errors: list[Fault] = []
        warnings: list[Fault] = []
        checked: list[CheckedLine] = []
        schema = self._ctx.keep(Schema.load, _SCHEMA)
        lines = []
        for number, line in enumerate(read_lines(self._msg.body, self._lines), 1):
            fitting, faults = schema.fit(split_key(line.body)[0])
            warnings += (in_line(line, number, fault) for fault in find_misspelled(schema, fitting))
            errors += (in_line(line, number, fault) for fault in faults)
            if not faults:
                lines.append((number, line._replace(body=fitting)))
        self._endpoint = self._choose(line for _, line in lines)
        for number, line in lines:
            one = self._build(line)
            found = self._endpoint.check(
                one.request,
                public_api=self._connection.public,
                strict=self._strict,
                refusals=self._memory.about(self._connection.address, one.request.model),
                now=datetime.now(tz=UTC),
            )
            errors += (in_line(line, number, fault) for fault in found.errors)
            if checked and one.request.model != checked[0].request.model:
                errors.append(in_line(line, number, other_model(one.request.model, checked[0].request.model)))
            if len(warnings) < MOST_WARNINGS:
                warnings += (in_line(line, number, fault) for fault in found.warnings)
            checked.append(one)
            if len(errors) >= MOST_FAULTS:
                break
        if errors:
            raise InvalidInput(faults=errors[:MOST_FAULTS])
        return checked, tuple(warnings[:MOST_WARNINGS])

    def doubts(self, checked: list[CheckedLine]) -> Iterator[Fault]:
        """Yield what the service may refuse of the batch as a whole."""
        model = checked[0].request.model
        if self._connection.public and any(part in model for part in _WITHOUT_BATCHES):
            yield Fault("/model", f"{model} may not be offered for batches; the service says so some minutes later")

    def worst(self, checked: list[CheckedLine]) -> Cost | None:
        """Return what all lines can cost at most, None if that is not known."""
        regional = self._connection.regional
        hosted = self._client.server.self_hosted

        def plans() -> Iterator[Any]:
            for one in checked:
                plan, _ = self._endpoint.plan(one.request, 1, 1)
                extra = replace(plan.surcharges, regional=regional)
                yield replace(plan, surcharges=extra), keep_if_priced(one.request.family, self_hosted=hosted)

        return worst_of(plans())

    def write(self, checked: list[CheckedLine], deadline: float | None, prefix: str = "") -> Iterator[bytes]:
        """Yield the lines of the file, pictures and files in them; raise NotFetched. Ids begin with the prefix."""
        for one in checked:
            with own_places(one.line):
                body = self._endpoint.attach(
                    one.request.body,
                    attachments=self._msg.attachments,
                    storage=self._ctx.storage,
                    downloads=self._environment.downloads,
                    logger=self._ctx.logger,
                    deadline=deadline,
                    inline_public=self._client.server.inlines_images,
                )
                written = write_line(prefix + one.line.custom_id, self.url, self._endpoint.write(body))
            yield written

    def _choose(self, lines: Iterable[BatchLine]) -> Endpoint:
        """Return the endpoint that all lines go to: Responses if one of them needs it, for a batch has one."""
        server, address = self._client.server, self._connection.address
        for line in lines:
            model = str(line.body.get("model") or self._model)
            chosen = choose(
                line.body,
                api=self._api,
                server=server,
                family=self._environment.models.find(model),
                refusals=self._memory.about(address, model),
            )
            if chosen.path == RESPONSES.path:
                return RESPONSES
        return COMPLETIONS

    def _build(self, line: BatchLine) -> CheckedLine:
        model = str(line.body.get("model") or self._model)
        server = self._memory.adapt(self._client.server, self._connection.address, model)
        with own_places(line):
            return CheckedLine(line, self._endpoint.build(line.body, self._model, self._environment.models, server))


@contextmanager
def own_places(line: BatchLine) -> Iterator[None]:
    """Let errors about one request point to its place in the message."""
    try:
        yield
    except ValueError as error:
        raise InvalidInput("holds a number that is too large, or is not one", pointer=line.pointer) from error
    except InvalidInput as error:
        raise InvalidInput(faults=[Fault(line.pointer + f.pointer, f.message) for f in error.faults]) from error
    except NotFetched as error:
        error.fault = Fault(line.pointer + error.fault.pointer, error.fault.message)
        error.args = (str(error.fault),)
        raise


def address_of(path: str, client: Client) -> str:
    """Return what a line names as its address; the old form of Azure has no version in it."""
    return f"/{path}" if client.server.name == AZURE_DEPLOYMENTS.name else f"/v1/{path}"


def other_model(model: str, first: str) -> Fault:
    """Return the fault of a line that asks another model than the first one does."""
    return Fault("/model", f"found {model}, and the first line has {first}; a batch has one model: make two of it")
