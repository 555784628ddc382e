"""What the environment says, read once at the start (platform contract, 1.2 and 1.7).

Each variable is declared in `variables`; the parsing rules are in `environment`.
"""

from __future__ import annotations

import json
import re
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import unquote, urlsplit

from ..errors import InvalidSettings
from ..values import frozen
from .environment import (
    PREFIX,
    additional_headers,
    find_misspelled,
    list_invalid,
    list_missing,
    read,
    require,
    variable,
)
from .variables import (
    GROUPS,
    AmqpSettings,
    ApiSettings,
    Behaviour,
    Crypto,
    JournalSettings,
    Monitoring,
    StepIdentity,
    Storage,
    WorkerLimits,
    variables,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

METHODS: Final = ("verifyCredentials", "getMetaModel", "selectModel")
_PASSWORD: Final = re.compile(r"://[^/?#:]*:([^/?#]*)@")


@frozen
class WorkerSettings:
    """What a worker knows. `remarks` are for the log: what the environment says that was not understood."""

    step: StepIdentity
    api: ApiSettings
    amqp: AmqpSettings
    crypto: Crypto
    limits: WorkerLimits
    storage: Storage
    behaviour: Behaviour
    monitoring: Monitoring = field(default_factory=Monitoring)
    journal: JournalSettings = field(default_factory=JournalSettings)
    additional_headers: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read everything; raise InvalidSettings with all that is missing, in the platform's words, or out of range."""
        hook_shutdown = variable(Behaviour, "hook_shutdown").read(environ, _ignore)
        demanded = (StepIdentity, ApiSettings) if hook_shutdown else (StepIdentity, ApiSettings, AmqpSettings, Crypto)
        faults = [fault for group in demanded for fault in list_missing(group, environ)]
        faults += [fault for group in GROUPS.values() for fault in list_invalid(group, environ)]
        if faults:
            raise InvalidSettings("; ".join(fault.removesuffix(".") for fault in faults))
        remarks: list[str] = []
        groups = {name: read(group, environ, remarks.append) for name, group in GROUPS.items()}
        remarks.extend(find_misspelled(environ, [each.name for each in variables()]))
        return cls(**groups, additional_headers=additional_headers(environ), remarks=tuple(remarks))

    def secrets(self) -> tuple[str, ...]:
        """Return every value that must never be logged."""
        broker = _PASSWORD.search(self.amqp.uri)
        password = broker.group(1) if broker else ""
        store = _PASSWORD.search(self.journal.url)
        store_password = store.group(1) if store else ""
        found: tuple[str, ...] = (self.api.key, self.amqp.uri, password, unquote(password))
        found += (self.crypto.iv, self.crypto.password, store_password, unquote(store_password))
        return tuple(dict.fromkeys(secret for secret in (*found, self.storage.token) if secret))


@frozen
class ResultSettings:
    """Where a service sends its result, whatever it is."""

    url: str = field(repr=False)
    retry_attempts: int = 3
    retry_delay_ms: int = 100

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read the address; raise InvalidSettings if there is none."""
        url = require(environ, "POST_RESULT_URL")
        api = read(ApiSettings, environ, _ignore)
        return cls(url, api.retry_attempts, api.retry_delay_ms)

    def secrets(self) -> tuple[str, ...]:
        """Return what must never be logged: the password in the address."""
        password = urlsplit(self.url).password or ""
        return tuple({secret for secret in (password, unquote(password)) if secret})


@frozen
class ServiceSettings:
    """What a service knows: one of METHODS, to be run once with a step's or credential's cfg."""

    method: str
    cfg: Mapping[str, Any] = field(repr=False)
    api: ApiSettings
    function: str = ""
    model_method: str = ""
    component_path: str = ""
    log_level: str = "info"
    deadline: float = 45.0
    remarks: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, method: str, environ: Mapping[str, str]) -> Self:
        """Read everything; raise InvalidSettings, in the platform's words, for all that is wrong."""
        if method not in METHODS:
            raise InvalidSettings(f'Unknown service method "{method}"')
        faults: list[str] = []
        names = ["CFG", "API_URI", "API_USERNAME", "API_KEY"]
        names += ["ACTION_OR_TRIGGER"] if method in ("getMetaModel", "selectModel") else []
        names += ["GET_MODEL_METHOD"] if method == "selectModel" else []
        for name in names:
            faults += _fault(require, environ, name)
        if environ.get(PREFIX + "CFG"):
            faults += _fault(_json_object, environ[PREFIX + "CFG"])
        faults += [fault for group in (ApiSettings, Behaviour, WorkerLimits) for fault in list_invalid(group, environ)]
        if faults:
            raise InvalidSettings("; ".join(fault.removesuffix(".") for fault in faults))
        remarks: list[str] = []
        behaviour = read(Behaviour, environ, remarks.append)
        return cls(
            method,
            function=require(environ, "ACTION_OR_TRIGGER") if method != "verifyCredentials" else "",
            model_method=require(environ, "GET_MODEL_METHOD") if method == "selectModel" else "",
            cfg=_json_object(environ[PREFIX + "CFG"]),
            api=read(ApiSettings, environ, remarks.append),
            component_path=behaviour.component_path,
            log_level=behaviour.log_level,
            deadline=read(WorkerLimits, environ, remarks.append).service_deadline,
            remarks=tuple(remarks),
        )


def _json_object(text: str) -> Mapping[str, Any]:
    try:
        cfg = json.loads(text)
    except ValueError as error:
        raise InvalidSettings("Unable to parse CFG") from error
    if not isinstance(cfg, dict):
        raise InvalidSettings("Unable to parse CFG")
    return cfg


def _fault(read_value: Callable[..., object], *args: Any) -> list[str]:
    try:
        read_value(*args)
    except InvalidSettings as error:
        return [str(error)]
    return []


def _ignore(remark: str) -> None:
    """Drop a remark: there is no log yet."""
