"""Tests a credential off the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pysailor.component.component import read_verification, require_verified
from pysailor.component.fields import bind
from pysailor.context import Context, Keep
from pysailor.errors import InvalidConfig, InvalidCredentials
from pysailor.masking import mask

from .defects import component_code
from .output import require_reader, say
from .progress import Progress
from .usage import BadUsage
from .workspace import open_workspace

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from typing import Any

    from .workspace import Workspace


def verify_credential(args: argparse.Namespace) -> int:
    """Test the credential that is set; raise InvalidCredentials if it cannot be used."""
    with open_workspace(args) as workspace, Keep() as kept:
        verify = workspace.component.verifier()
        if verify is None:
            raise BadUsage("this component has nothing to verify a credential with")
        cfg = _credential(workspace, args)
        require_reader(workspace.results)
        try:
            with Progress("waiting for the service"), component_code():
                found = verify(cfg, Context(kept=kept))
                require_verified(found)
        except InvalidCredentials as error:
            told = mask(workspace.reword(str(error)), workspace.secrets(cfg))
            raise InvalidCredentials(told) from error
        except InvalidConfig as error:
            raise workspace.reword_faults(error, workspace.component.descriptor.credentials) from error
        print("The credential works.", file=workspace.results)
        reason = read_verification(found).get("reason")
        if reason:
            say(workspace.reword(str(reason)))
    return 0


def _credential(workspace: Workspace, args: argparse.Namespace) -> Mapping[str, Any]:
    """Return the credential's settings; raise BadUsage for what is missing, InvalidConfig for what is wrong."""
    descriptor = workspace.component.descriptor
    workspace.demand_known(descriptor.fields)
    chosen = workspace.settings({}) if getattr(args, "server", None) else workspace.merge_settings({})
    missing = [
        f"no {field.label} is set; nothing to verify. Give one: {workspace.ways(field)}"
        for field in descriptor.credentials
        if field.required and field.default is None and not str(chosen.get(field.name) or "").strip()
    ]
    if missing:
        raise BadUsage("\n".join(missing))
    try:
        return bind(descriptor.credentials, chosen)
    except InvalidConfig as error:
        raise workspace.reword_faults(error, descriptor.credentials) from error
