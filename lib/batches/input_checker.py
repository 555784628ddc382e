"""Every line that holds an input and no messages, as it is sent: held against the rules of its endpoint, and priced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pysailor import Fault, InvalidConfig, InvalidInput

from ..attachments import inline
from ..cost.price import Cost, Surcharges, keep_if_priced
from ..cost.usage import Usage
from ..embeddings.dimensions import read_dimensions
from ..embeddings.length import TokenCounter
from ..endpoint import BuiltRequest
from ..environment import Environment
from ..moderations.parts import as_messages, group, read_parts
from ..moderations.result import MODERATIONS
from .checker import CheckedLine, address_of, other_model, own_places
from .input_answers import FREE, count_inputs
from .lines import CUSTOM_ID, INPUT, MOST_FAULTS, LineSettings, in_line, read_lines
from .price import batch_cost
from .upload import write_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pysailor import Context, Message

    from ..api.client import Client
    from ..api.endpoint import WholeAnswerFormat
    from ..models.table import Family

MOST_INPUTS: Final = 50_000
_MOST_TEXTS, _MOST_TOKENS = 2048, 300_000
_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "embeddings": frozenset(("model", "input", "dimensions", "encoding_format", "user")),
    "moderations": frozenset(("model", "input", "text", "images")),
}
_ONE_PICTURE: Final = "a line takes one picture; make a line of each"
_NO_TEXT: Final = "is empty, or no text; map a text, or an object with a text or a list of texts in input"
_NO_PARTS: Final = "is neither a text nor a list of parts (text and image_url); make a line of each text"


@dataclass(slots=True)
class _Counted:
    """How many inputs, and how many tokens, all lines have so far."""

    inputs: int = 0
    tokens: int = 0


class InputChecker:
    """Checks the lines of one message for /embeddings or /moderations, with the settings of a step."""

    def __init__(
        self, endpoint: WholeAnswerFormat, cfg: Mapping[str, Any], ctx: Context, msg: Message, client: Client
    ) -> None:
        self._endpoint, self._ctx, self._msg, self._client = endpoint, ctx, msg, client
        self._environment = ctx.keep(Environment)
        self._model = str(cfg["model"])
        self._public = client.connection.public
        field, id_field = str(cfg.get("field") or ""), str(cfg.get("idField") or CUSTOM_ID)
        self._lines = LineSettings(field, id_field, holds=INPUT)
        self._counted = _Counted()

    @property
    def url(self) -> str:
        """What every line names as its address."""
        return address_of(self._endpoint.path, self._client)

    def check(self) -> tuple[list[CheckedLine], tuple[Fault, ...]]:
        """Return every line as it is sent, and doubts; raise InvalidInput with all that is wrong with any."""
        errors: list[Fault] = []
        doubts: list[Fault] = []
        checked: list[CheckedLine] = []
        self._counted = _Counted()
        for number, line in enumerate(read_lines(self._msg.body, self._lines), 1):
            body = {"model": self._model, **line.body}
            family = self._environment.models.find(str(body["model"]))
            (errors if self._public else doubts).extend(in_line(line, number, one) for one in self._unknown(body))
            errors += (in_line(line, number, one) for one in self._faults(body, family))
            if checked and body["model"] != checked[0].request.model:
                errors.append(in_line(line, number, other_model(str(body["model"]), checked[0].request.model)))
            checked.append(CheckedLine(line, BuiltRequest(self._sent(body), family)))
            if len(errors) >= MOST_FAULTS:
                break
        if self._counted.inputs > MOST_INPUTS:
            found = f"found {self._counted.inputs} texts in all lines, allowed: {MOST_INPUTS} in a batch; split them"
            errors.append(Fault("/requests", found))
        if errors:
            raise InvalidInput(faults=errors[:MOST_FAULTS])
        return checked, tuple(doubts)

    def doubts(self, checked: list[CheckedLine]) -> Iterator[Fault]:
        """Yield what the service may refuse of the batch as a whole."""
        family = checked[0].request.family
        if self._endpoint is not MODERATIONS and family is not None and family.dimensions is None:
            yield Fault("/model", f"{family.label} is not known to make vectors")

    def worst(self, checked: list[CheckedLine]) -> Cost | None:
        """Return what all lines can cost at most, None if that is not known."""
        if self._endpoint is MODERATIONS:
            return Cost(FREE, self._environment.models.as_of, ("moderations are free",))
        family = keep_if_priced(checked[0].request.family, self_hosted=self._client.server.self_hosted)
        used = Usage(prompt=self._counted.tokens, total=self._counted.tokens)
        return batch_cost(used, family, Surcharges(regional=self._client.connection.regional))

    def write(self, checked: list[CheckedLine], deadline: float | None, prefix: str = "") -> Iterator[bytes]:
        """Yield the lines of the file, pictures in them; raise NotFetched. Ids begin with the prefix."""
        for one in checked:
            with own_places(one.line):
                body = self._with_pictures(one.request.body, deadline)
                written = write_line(prefix + one.line.custom_id, self.url, body)
            yield written

    def _unknown(self, body: Mapping[str, Any]) -> Iterator[Fault]:
        known = _FIELDS[self._endpoint.path]
        for name in body:
            if name not in known:
                yield Fault(f"/{name}", f"/{self._endpoint.path} has no such field; it has {', '.join(sorted(known))}")

    def _faults(self, body: Mapping[str, Any], family: Family | None) -> Iterator[Fault]:
        if self._endpoint is MODERATIONS:
            yield from _faults_of_parts(body)
            return
        given = body.get("input")
        texts = given if isinstance(given, list) else [given]
        self._counted.inputs += count_inputs(given)
        if not texts or not (all(map(_is_text, texts)) or _is_tokens(texts) or all(map(_is_tokens, texts))):
            yield Fault("", _NO_TEXT)
            return
        if count_inputs(given) > _MOST_TEXTS:
            yield Fault("", f"has {len(texts)} texts, allowed: {_MOST_TEXTS} in a line; split it")
        yield from self._too_long([given] if _is_tokens(given) else texts, family)
        try:
            read_dimensions(body.get("dimensions"), family if self._public else None)
        except InvalidConfig as error:
            yield from (Fault("/dimensions", fault.message) for fault in error.faults)

    def _too_long(self, texts: Sequence[Any], family: Family | None) -> Iterator[Fault]:
        """Yield what is too long; count the tokens of texts, some of which may be lists of tokens."""
        limit = family.max_input if family is not None else None
        tokens = TokenCounter.of(family.encoding) if family is not None else TokenCounter(None)
        counts = [tokens.count(text) if isinstance(text, str) else len(text) for text in texts]
        self._counted.tokens += sum(counts)
        about = "" if tokens.exact else "about "
        for count in counts:
            if limit is not None and count > limit:
                yield Fault("", f"has {about}{count} tokens, and the model reads {limit} of one text; split it")
        if tokens.exact and sum(counts) > _MOST_TOKENS:
            yield Fault("", f"has {sum(counts)} tokens together, allowed: {_MOST_TOKENS} in a line; split it")

    def _sent(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body as the endpoint takes it: vectors in base64, which is a third of the bytes."""
        sent = {name: value for name, value in body.items() if value is not None}
        if self._endpoint is not MODERATIONS:
            return {**sent, "encoding_format": "base64"} if self._public else sent
        if "input" in sent:
            return sent
        try:
            found = group(read_parts(sent))
        except InvalidInput:
            return sent
        return {**{name: value for name, value in sent.items() if name not in ("text", "images")}, "input": found[0]}

    def _with_pictures(self, body: dict[str, Any], deadline: float | None) -> dict[str, Any]:
        """Return the body with the pictures in it that the service cannot fetch."""
        if self._endpoint is not MODERATIONS or not isinstance(body["input"], list):
            return body
        found = inline(
            as_messages(body["input"]),
            attachments=self._msg.attachments,
            storage=self._ctx.storage,
            downloads=self._environment.downloads,
            logger=self._ctx.logger,
            deadline=deadline,
            inline_public=self._client.server.inlines_images,
        )
        return {**body, "input": found["messages"][0]["content"]}


def _faults_of_parts(body: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what is wrong with what is to be moderated: a text and pictures, or the input as the endpoint has it."""
    given = body.get("input")
    if given is None:
        try:
            if len(group(read_parts(body))) > 1:
                yield Fault("/images/1", _ONE_PICTURE)
        except InvalidInput as error:
            yield from error.faults
    elif isinstance(given, list):
        pictures = [one for one in given if isinstance(one, dict) and one.get("type") == "image_url"]
        if not given or not all(map(_is_part, given)):
            yield Fault("", _NO_PARTS)
        elif len(pictures) > 1:
            yield Fault("", _ONE_PICTURE)
    elif not _is_text(given):
        yield Fault("", _NO_PARTS)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_tokens(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(one.__class__ is int and one >= 0 for one in value)


def _is_part(part: Any) -> bool:
    if not isinstance(part, dict):
        return False
    picture = part.get("image_url")
    if part.get("type") == "image_url":
        return isinstance(picture, dict) and _is_text(picture.get("url"))
    return part.get("type") == "text" and _is_text(part.get("text"))
