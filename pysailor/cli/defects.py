"""What a component did not mean to raise, told as that."""

from __future__ import annotations

import logging
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from pysailor.errors import Defect, SailorError, describe_unexpected
from pysailor.step import Step
from pysailor.store.open import store_of_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pysailor.component.component import Loaded


@contextmanager
def component_code() -> Iterator[None]:
    """Raise as a Defect what the component's own code raises unforeseen; the traceback is logged."""
    try:
        yield
    except SailorError:
        raise
    except (Exception, SystemExit) as error:
        logging.getLogger("component").exception("The component has a defect")
        raise Defect(describe_unexpected(error), of=error) from error


def open_step(function: Loaded, cfg: Mapping[str, Any], snapshot: Any = None) -> closing[Step]:
    """Return the step, to be closed; what its get_meta_model raises unforeseen is a Defect, too."""
    with component_code():
        return closing(Step(function, cfg, snapshot=snapshot, open_store=store_of_environment))
