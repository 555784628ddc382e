"""What keeps an answer from coming, told apart by how far the request had got."""

from __future__ import annotations


class HttpError(Exception):
    """No whole answer came."""


class ServerUnreachable(HttpError):
    """No connection was made, so nothing was sent."""


class UnknownName(ServerUnreachable):
    """The name system does not know the server."""


class ConnectionRefused(ServerUnreachable):
    """Nothing accepts connections at the address."""


class ConnectTimeout(ServerUnreachable):
    """The server, or the proxy, did not accept the connection in time."""


class ProxyFailed(ServerUnreachable):
    """The proxy is not there, or does not lead to the server."""


class WrongAddress(ServerUnreachable):
    """The address of the server or the proxy cannot be one; trying again cannot help."""


class Untrusted(ServerUnreachable):
    """TLS failed: the certificate is not one that is trusted, or there is no common version."""


class TimedOut(HttpError):
    """The time was up; the request was sent, in part or whole."""


class Dropped(HttpError):
    """The connection ended before the head of an answer was whole, or what came is not HTTP."""


class CutOff(HttpError):
    """The head came, and the connection ended before the body was whole."""


class WrongEncoding(HttpError):
    """The body is not compressed as its head says."""


class WrongLength(HttpError):
    """The head does not say in one whole number how long the body is, so that its end cannot be told."""
