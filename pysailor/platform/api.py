"""The platform's REST API, as far as a runtime needs it (platform contract, 1.5 to 1.7)."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from ..errors import SailorError
from ..values import frozen
from ..wire import json_text
from .reply import NoReply
from .rest import ServiceSession, Tries, basic, send

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .reply import ServiceReply
    from .settings import ResultSettings
    from .variables import ApiSettings

_OK: Final = 200
_REDIRECT: Final = 300
_REFUSED: Final = 400
_CONFLICT: Final = 409
_FAILED: Final = 500
_LONGEST_QUOTE: Final = 500
_TOTAL: Final = 4
"""Times the longest silence: the time for one answer, however slowly it drips."""
_JSON: Final = {"Content-Type": "application/json"}


class PlatformApiError(SailorError):
    """The platform's API did not do what it was asked; `status` is its answer, None if there was none."""

    code = "platform_api"

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class PlatformUnreachable(PlatformApiError):
    """No answer, or none but failures, as often as it was tried. Later it may work."""

    code = "platform_unreachable"


class PlatformRefused(PlatformApiError):
    """The platform refuses: wrong user, unknown step, … Trying again cannot help."""

    code = "platform_refused"


class ResultNotDelivered(PlatformApiError):
    """A service's result could not be delivered."""

    code = "result_not_delivered"


@frozen
class StepData:
    """What the platform knows about a step. `config` holds the credentials too, so it is never shown."""

    config: Mapping[str, Any] = field(default_factory=dict, repr=False)
    snapshot: Any = field(default_factory=dict, repr=False)
    is_passthrough: bool = False
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read the platform's answer; what is missing or null is empty. Only `true` itself turns passthrough on."""
        for name in ("config", "variables"):
            if not isinstance(document.get(name) or {}, dict):
                raise PlatformRefused(f"The platform's answer about the step has a {name} that is not a JSON object.")
        return cls(
            config=document.get("config") or {},
            snapshot=document.get("snapshot") or {},
            is_passthrough=document.get("is_passthrough") is True,
            variables=document.get("variables") or {},
        )

    @property
    def account_id(self) -> str | None:
        """Return the id of the credential, None if the step has none."""
        account = self.config.get("_account")
        return str(account) if isinstance(account, (str, int)) else None


class PlatformApi:
    """The API, as the flow's own user. A context manager: connections are kept until it ends."""

    def __init__(self, settings: ApiSettings, flow_id: str, step_id: str, tries: Tries | None = None) -> None:
        self._base = settings.uri.rstrip("/")
        self._timeout = settings.timeout
        self._tries = tries or Tries(settings.retry_attempts, settings.retry_delay_ms / 1000)
        self._session = ServiceSession(basic(settings.username, settings.key))
        self._step = f"/v1/tasks/{_segment(flow_id)}/steps/{_segment(step_id)}"
        self._hook = f"/sailor-support/hooks/task/{_segment(flow_id)}/startup/data"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def retrieve_step(self) -> StepData:
        """Return what the platform knows about this step."""
        document = self._json("GET", self._step)
        if not isinstance(document, dict):
            raise PlatformRefused(f"The platform's answer about the step is not a JSON object (GET {self._step}).")
        return StepData.from_json(document)

    def update_account_keys(self, account_id: str | None, keys: Mapping[str, Any]) -> None:
        """Store fresh values in the credential."""
        if not account_id:
            raise PlatformRefused("The credential cannot be updated: this step has none (its config has no _account).")
        self._answer("PUT", f"/v1/accounts/{_segment(account_id)}", {"keys": keys})

    def store_startup_data(self, data: Any) -> None:
        """Store what the startup hook returned, in place of what an earlier start left; nothing is stored as `{}`."""
        kept = {} if data in (None, "", [], ()) else data
        try:
            self._answer("POST", self._hook, kept)
        except PlatformRefused as error:
            if error.status != _CONFLICT:
                raise
            self.delete_startup_data()
            self._answer("POST", self._hook, kept)

    def load_startup_data(self) -> Any:
        """Return what the startup hook returned."""
        return self._json("GET", self._hook)

    def delete_startup_data(self) -> None:
        """Forget what the startup hook returned."""
        self._answer("DELETE", self._hook)

    def _json(self, method: str, path: str) -> Any:
        answer = self._answer(method, path)
        try:
            return json_text.read(answer.content)
        except json_text.NotJson as error:
            raise PlatformRefused(
                f"The platform's answer is not JSON ({method} {path}).", answer.status_code
            ) from error

    def _answer(self, method: str, path: str, body: Any = None) -> ServiceReply:
        total = _TOTAL * self._timeout
        how: dict[str, Any] = {} if body is None else {"data": json_text.write(body), "headers": _JSON}
        try:
            answer = send(
                self._session, self._tries, method, self._base + path, timeout=self._timeout, total=total, **how
            )
        except NoReply as error:
            raise PlatformUnreachable(
                f"The platform's API cannot be reached ({method} {path}): {error.name}. "
                "Check ELASTICIO_API_URI and the network."
            ) from error
        if answer.status_code < _REDIRECT:
            return answer
        said = f"The platform's API answered {answer.status_code} to {method} {path}: {_reason(answer)}"
        kind = PlatformUnreachable if answer.status_code >= _FAILED else PlatformRefused
        raise kind(said, answer.status_code)


def post_result(
    settings: ResultSettings, document: Mapping[str, Any], *, timeout: float = 15.0, tries: Tries | None = None
) -> None:
    """Deliver a service's result; raise ResultNotDelivered unless the answer is 200.

    User and password in the address become Basic authorization and are shown nowhere.
    """
    url, auth = _without_user(settings.url)
    tries = tries or Tries(settings.retry_attempts, settings.retry_delay_ms / 1000)
    with ServiceSession(auth) as used:
        try:
            answer = send(used, tries, "POST", url, data=json_text.write(document), headers=_JSON, timeout=timeout)
        except NoReply as error:
            raise ResultNotDelivered(f"Failed to POST data to {url} ({error.name})") from error
    if answer.status_code != _OK:
        body = answer.text[:_LONGEST_QUOTE]
        raise ResultNotDelivered(f"Failed to POST data to {url} ({answer.status_code}, {body})", answer.status_code)


def _without_user(url: str) -> tuple[str, str | None]:
    parts = urlsplit(url)
    if not (parts.username and parts.password):
        return url, None
    address = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    return urlunsplit(address), basic(unquote(parts.username), unquote(parts.password))


def _reason(answer: ServiceReply) -> str:
    """Return the platform's own word for a refusal: its `error` or `message`, else the text."""
    try:
        document = json_text.read(answer.content)
    except json_text.NotJson:
        document = None
    named = document.get("error") or document.get("message") if isinstance(document, dict) else None
    if named and not isinstance(named, str):
        named = json_text.write(named).decode()
    return str(named or answer.text or answer.reason)[:_LONGEST_QUOTE]


def _segment(text: str) -> str:
    return quote(text, safe="")
