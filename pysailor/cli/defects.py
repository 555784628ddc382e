"""What a component did not mean to raise, told as that."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pysailor.errors import Defect, SailorError, describe_unexpected

if TYPE_CHECKING:
    from collections.abc import Iterator


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
