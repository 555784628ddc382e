"""Credentials in the keyring of the operating system, under the names that variables of the environment have."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

SERVICE: Final = "pysailor"


def read_keyring(names: Iterable[str]) -> dict[str, str]:
    """Return the values of those names that the keyring has: none without the extra [keyring], or without a backend."""
    return _read(names)[0] if is_installed() else {}


def is_installed() -> bool:
    """Return whether the extra [keyring] is installed."""
    return find_spec("keyring") is not None


def explain(name: str) -> str:
    """Return how a value gets into the keyring, or why that would not help; nothing without the extra [keyring]."""
    if not is_installed():
        return ""
    _, fault = _read([name])
    return f" (the keyring is not read: {fault})" if fault else f", or keep it: keyring set {SERVICE} {name}"


def _read(names: Iterable[str]) -> tuple[dict[str, str], str]:
    """Return what is found, and why nothing can be."""
    import keyring  # noqa: PLC0415 - an extra
    from keyring.errors import KeyringError, NoKeyringError  # noqa: PLC0415 - as above

    backend: Any = keyring.get_keyring()
    if type(backend).__module__ == "keyring.backends.null":
        return {}, "it is switched off (PYTHON_KEYRING_BACKEND, or keyring's own settings)"
    try:
        found = {name: backend.get_password(SERVICE, name) for name in names}
    except NoKeyringError:
        return {}, "there is no backend for it on this machine; keyring --list-backends shows what there is"
    except KeyringError as error:
        return {}, str(error) or type(error).__name__
    return {name: value for name, value in found.items() if value}, ""
