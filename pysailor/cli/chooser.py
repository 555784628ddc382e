"""Lists the choices of a select field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pysailor.component.component import choices
from pysailor.component.fields import bind
from pysailor.context import Context, Keep
from pysailor.errors import InvalidConfig, SailorError
from pysailor.masking import mask

from .defects import component_code
from .output import print_json, require_reader
from .progress import Progress
from .usage import BadUsage, suggest
from .workspace import open_workspace

if TYPE_CHECKING:
    import argparse

    from pysailor.component.component import Loaded


def print_choices(args: argparse.Namespace) -> int:
    """Print what a select field offers; raise a SailorError if that cannot be had."""
    with open_workspace(args) as workspace, Keep() as kept:
        function = workspace.function(args.function)
        credentials = workspace.component.descriptor.credentials
        require_reader(workspace.results)
        try:
            chosen = workspace.settings({}) if _must_ask(function, args.field) else None
            cfg = bind(credentials, chosen) if chosen is not None else {}
            with Progress("waiting for the service"), component_code():
                found = choices(function, args.field, cfg, Context(kept=kept))
        except InvalidConfig as error:
            raise workspace.reword_faults(error, credentials) from error
        except BadUsage:
            raise
        except SailorError as error:
            told = mask(workspace.reword(str(error)), workspace.secrets(workspace.merge_settings({})))
            raise SailorError(told) from error
        print_json(dict(found), workspace.results, is_pretty=True)
    return 0


def _must_ask(function: Loaded, name: str) -> bool:
    """Return whether the service knows the choices, not the declaration; raise BadUsage if there are none."""
    models = {field.name: field.model for field in function.fields if field.model is not None}
    known = models | {model: model for model in models.values() if isinstance(model, str)}
    if name not in known:
        known_ones = f"choose from {', '.join(models)}{suggest(name, models)}" if models else "it has none"
        raise BadUsage(f'"{name}" is not a select field of {function.declared.name}; {known_ones}')
    return not isinstance(known[name], Mapping)
