"""A question that the platform asks a component once, for its forms (platform contract, 1.7).

The answer is posted to an address: `{"status": "success", "data": …}` or `{"status": "error", "data": {"message"}}`.
There always is one, in less than the minute that the platform waits. Exit code 0 if it was taken, whatever it says.
"""

from __future__ import annotations

import logging
import queue
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from .component.component import Component, Loaded, component_at, metadata, read_verification
from .component.fields import bind, bind_form, secrets_in, texts
from .context import Context, Keep
from .errors import BrokenComponent, InvalidCredentials, InvalidSettings, SailorError
from .hooks import keys_only
from .log import COMPONENT, BunyanFormatter, LogTo, Redaction, level, silence_libraries
from .platform.api import PlatformApi, PlatformApiError, ResultNotDelivered, post_result
from .platform.environment import log_context
from .platform.settings import ResultSettings, ServiceSettings
from .wire import json_text as plaintext

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

LOG = logging.getLogger(__name__)

DONE, FAILED = 0, 1


class TooSlow(SailorError):
    """The component did not answer in time."""

    code = "too_slow"


def serve(method: str, environ: Mapping[str, str], directory: str | Path | None = None) -> int:
    """Answer, and give the exit code."""
    redaction = Redaction()
    with LogTo(sys.stdout, BunyanFormatter(log_context(environ), redaction)):
        silence_libraries()
        try:
            target = ResultSettings.from_environment(environ)
            redaction.hide(target.secrets())
            post_result(target, answer(method, environ, redaction, directory))
        except (InvalidSettings, ResultNotDelivered) as error:
            LOG.critical("%s", error)
            return FAILED
    return DONE


def answer(
    method: str, environ: Mapping[str, str], redaction: Redaction, directory: str | Path | None = None
) -> Mapping[str, Any]:
    """Return the document that says what came of it; raise nothing."""
    try:
        settings = ServiceSettings.from_environment(method, environ)
        logging.getLogger().setLevel(level(settings.log_level))
        redaction.hide([settings.api.key])
        for remark in settings.remarks:
            LOG.warning("%s", remark)
        document = {"status": "success", "data": ServiceCall(settings, redaction, directory).answer()}
        plaintext.write(document)
    except InvalidSettings as error:
        LOG.error("the answer is an error: %s", error)  # noqa: TRY400 - what is missing is all there is to know
        return {"status": "error", "data": {"message": str(error)}}
    except Exception as error:
        # Whatever the component did, somebody sits in front of a form and waits.
        LOG.exception("the answer is an error")
        return {"status": "error", "data": {"message": str(error) or type(error).__name__}}
    return document


class ServiceCall:
    """One question to a component."""

    def __init__(self, settings: ServiceSettings, redaction: Redaction, directory: str | Path | None = None) -> None:
        self._settings = settings
        self._redaction = redaction
        self._directory = directory

    def answer(self) -> Any:
        """Return the answer; raise what keeps it from being given."""
        methods = {"verifyCredentials": self._verify, "getMetaModel": self._meta, "selectModel": self._select}
        return methods[self._settings.method]()

    def _verify(self) -> Any:
        """Return whether the credential works; what cannot be verified does not."""
        try:
            component = self._component()
            verify = component.verifier()
            if verify is None:
                return {"verified": True}
            cfg = bind(component.descriptor.credentials, self._settings.cfg)
            self._redaction.hide(secrets_in(component.descriptor.credentials, cfg))
            found = self._call(verify, cfg)
        except InvalidCredentials as error:
            return {"verified": False, "reason": str(error)}
        except Exception as error:
            # A verifier that is broken has not said yes, and the person at the form must hear why.
            LOG.exception("the credential cannot be verified")
            return {"verified": False, "reason": str(error) or type(error).__name__}
        return read_verification(found)

    def _meta(self) -> Any:
        function = self._function()
        return self._call(lambda cfg, ctx: metadata(function, cfg, ctx), bind_form(function.fields, self._settings.cfg))

    def _select(self) -> Any:
        function, name = self._function(), self._settings.model_method
        method = function.hook(name)
        if not callable(method):
            raise BrokenComponent(f'Method "{name}" is not found in "{self._settings.function}" action or trigger')
        return self._call(method, bind_form(function.fields, self._settings.cfg))

    def _function(self) -> Loaded:
        component = self._component()
        function = component.function(self._settings.function)
        self._redaction.hide(secrets_in(function.fields, self._settings.cfg))
        return function

    def _component(self) -> Component:
        return component_at(self._settings.component_path, self._directory)

    def _call(self, method: Callable[..., Any], cfg: Mapping[str, Any]) -> Any:
        """Call a function of the component, which has limited time and may store fresh keys."""
        settings = self._settings
        seconds = settings.deadline
        with PlatformApi(settings.api, "", "") as api, Keep() as kept:

            def store(keys: Mapping[str, Any]) -> None:
                self._redaction.hide(texts(dict(keys)), instead_of="keys")
                try:
                    api.update_account_keys(settings.cfg.get("_account"), keys)
                except PlatformApiError as error:
                    LOG.error("the fresh keys are not stored: %s", error)  # noqa: TRY400 - the answer stands all the same

            context = Context(
                logging.getLogger(COMPONENT), keys_only(store), deadline=time.monotonic() + seconds, kept=kept
            )
            return run_within(seconds, lambda: method(cfg, context))


def run_within(seconds: float, act: Callable[[], Any]) -> Any:
    """Return what `act` gives or raise what it raises; raise TooSlow if it does neither in time."""
    results: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

    def attempt() -> None:
        try:
            results.put((act(), None))
        except BaseException as error:  # noqa: BLE001 - the top of a thread: it is raised in the one that waits
            results.put((None, error))

    threading.Thread(target=attempt, name="pysailor-service", daemon=True).start()
    try:
        result, error = results.get(timeout=seconds)
    except queue.Empty:
        raise TooSlow(f"There was no answer within {seconds:g} seconds. Try again later.") from None
    if error is None:
        return result
    if isinstance(error, Exception):
        raise error
    raise BrokenComponent(f"The component tried to end the process: {error!r}") from error
