"""What the environment says of certificates and proxies, read as requests does, which takes long to load.

For the runtime and for components that speak HTTP without it.
"""

from __future__ import annotations

import os
import ssl
import sys
from pathlib import Path

_SYSTEMS_WITH_PROXIES = ("darwin", "win32")
"""They have settings for proxies beside the environment, which requests reads, too."""


def named_certificates() -> str | None:
    """Return the file or folder of certificates that the environment names; None for those that come with certifi."""
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or None


def tls_context(certificates: str | None) -> ssl.SSLContext:
    """Return what trusts these certificates; raise OSError if they cannot be read."""
    if certificates is None:
        from certifi import where  # noqa: PLC0415 - for those who speak TLS and name none

        certificates = where()
    if Path(certificates).is_dir():
        return ssl.create_default_context(capath=certificates)
    return ssl.create_default_context(cafile=certificates)


def names_proxy() -> bool:
    """Return whether there may be a proxy; which addresses it is for is another question."""
    if sys.platform in _SYSTEMS_WITH_PROXIES:
        return True
    lower = ((name.lower(), value) for name, value in os.environ.items())
    return any(name.endswith("_proxy") and name != "no_proxy" and value for name, value in lower)
