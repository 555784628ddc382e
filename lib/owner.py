"""Whose something is: a namespace for each credential, from which the credential cannot be read back."""

from __future__ import annotations

import hashlib
import json

ACCOUNT = "_account"
"""The member of cfg by which the platform tells the credential's id; it goes before the key, which may be renewed."""
LOCAL_ACCOUNT = "local"
"""The account of whoever asks off the platform without a key."""
_FORMER_NAMES = {"local": "desk"}  # what was kept under the name of before stays where it is


def owner_of(*credential: str) -> str:
    """Return the namespace of whoever has this credential; the credential cannot be read back from it."""
    names = [_FORMER_NAMES.get(name, name) for name in credential] if len(credential) == 1 else credential
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()[:40]
