"""Why there is no connection, in words: what was tried, what was found, what to do. Never with the password."""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pika.exceptions import ConnectionOpenAborted, IncompatibleProtocolError, ProbableAuthenticationError

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLOSED = re.compile(r"""ConnectionClosedByBroker: \((?P<code>\d+)\) (['"])(?P<text>.*)\2""")
"""How pika words what the broker said, within the text of another error."""
_ADDRESS = "the broker's address (ELASTICIO_AMQP_URI)"
_PORTS = "RabbitMQ's port is usually 5672, with TLS 5671; 15672 is that of its web page"
_SIGNS = "signs such as @ : / # in user or password are written in percent form, @ as %40"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What was found, without a full stop; and what to do, in whole sentences, "" if nobody knows."""

    found: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.found}. {self.advice}".rstrip() if self.advice else self.found


def diagnose(reason: Exception, parameters: Any) -> Trouble:
    """Return why it could not be connected with these parameters of pika's."""
    errors = list(_unwrap(reason))
    place = f"{parameters.host}:{parameters.port}"
    said = _CLOSED.search(describe(reason))
    if said is not None:
        return _explain_close(int(said["code"]), said["text"], place, parameters)
    for error in errors:
        if isinstance(error, OSError) and not isinstance(error, ConnectionResetError):
            return _tls(error, place) if isinstance(error, ssl.SSLError) else _no_way(error, place, parameters.host)
    if any(isinstance(error, ProbableAuthenticationError) for error in errors):
        return _login(place, parameters)
    is_silent = any(isinstance(error, ConnectionOpenAborted) for error in errors)
    if is_silent or any(isinstance(error, IncompatibleProtocolError | ConnectionResetError) for error in errors):
        return _no_broker(place, is_silent=is_silent, is_tls=parameters.ssl_options is not None)
    return Trouble(describe(reason))


def describe(reason: Exception) -> str:
    """Return what happened in the words of pika or the system; pika's errors often hold it only as the error inside."""
    *_, inner = _unwrap(reason)
    return f"{type(inner).__name__}: {inner}" if str(inner) else type(inner).__name__


def _unwrap(reason: Exception) -> Iterator[Exception]:
    """Yield the error and what it holds, the innermost last."""
    yield reason
    held = [getattr(reason, "exception", None), *getattr(reason, "exceptions", ()), *reason.args]
    inner = [error for error in held if isinstance(error, Exception)]
    if inner:
        yield from _unwrap(inner[-1])


def _explain_close(code: int, text: str, place: str, parameters: Any) -> Trouble:
    user, vhost = parameters.credentials.username, parameters.virtual_host
    if text.startswith("ACCESS_REFUSED"):
        return _login(place, parameters)
    if text == f"NOT_ALLOWED - vhost {vhost} not found":
        return Trouble(
            f'RabbitMQ at {place} has no virtual host "{vhost}"',
            f"The last part of {_ADDRESS} names it, %2F stands for the usual one, /. Mend it there, or make it: "
            f"rabbitmqctl add_vhost {vhost}",
        )
    if text == f"NOT_ALLOWED - access to vhost '{vhost}' refused for user '{user}'":
        return Trouble(
            f'RabbitMQ at {place} does not let the user "{user}" into the virtual host "{vhost}"',
            f'Allow it: rabbitmqctl set_permissions --vhost {vhost} {user} ".*" ".*" ".*"',
        )
    return Trouble(f"RabbitMQ at {place} closed the connection ({code}: {text})")


def _login(place: str, parameters: Any) -> Trouble:
    user = parameters.credentials.username
    found = f'RabbitMQ at {place} refused the login of the user "{user}": there is none, or the password is another'
    away = user == "guest" and not _is_here(parameters.host)
    local = " RabbitMQ lets the user guest in from its own machine only: make another user." if away else ""
    return Trouble(found, f"Check both in {_ADDRESS}; {_SIGNS}. rabbitmqctl list_users shows the users.{local}")


def _tls(error: ssl.SSLError, place: str) -> Trouble:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Trouble(
            f"The certificate of RabbitMQ at {place} could not be verified ({error.verify_message})",
            "Name the file of the authority that signed it in SSL_CERT_FILE, and in the address the host it is for.",
        )
    if error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNEXPECTED_EOF_WHILE_READING"):
        advice = f"Write amqp:// in {_ADDRESS}, or the port of TLS, usually 5671."
        return Trouble(f"{place} answers, but does not speak TLS, as amqps:// asks for", advice)
    return Trouble(
        f"{place} did not agree on TLS ({error.reason or error})", "Look at the broker's log and certificates."
    )


def _no_way(error: OSError, place: str, host: str) -> Trouble:
    if isinstance(error, socket.gaierror):
        return Trouble(
            f'there is no address for the name "{host}" ({error.strerror})',
            f"Check its spelling in {_ADDRESS}, and the network; {_SIGNS}.",
        )
    if isinstance(error, ConnectionRefusedError):
        inside = " Within a container, that is the container itself." if _is_here(host) else ""
        return Trouble(f"nothing listens at {place}", f"Start RabbitMQ, or mend {_ADDRESS}. {_PORTS}.{inside}")
    if isinstance(error, TimeoutError):
        return Trouble(f"{place} does not answer", f"Check {_ADDRESS}, the network and its firewalls.")
    return Trouble(f"no way leads to {place} ({error.strerror or error})", f"Check {_ADDRESS} and the network.")


def _no_broker(place: str, *, is_silent: bool, is_tls: bool) -> Trouble:
    if is_silent:
        found = f"{place} takes connections, but says nothing"
        return Trouble(found, f"Look whether that is RabbitMQ, and whether it is well. {_PORTS}.")
    other = "" if is_tls else " A port for TLS needs amqps:// in the address."
    return Trouble(
        f"{place} took the connection and hung up without a word of AMQP",
        f"Check the port in {_ADDRESS}: {_PORTS}.{other} A broker that is only just starting does so, too.",
    )


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
