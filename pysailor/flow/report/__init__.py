"""A run told on one page of HTML: what went through, how long it took, what it cost, what failed."""

from .figures import RunFigures, StepFigures, gather
from .page import write_page

__all__ = ["RunFigures", "StepFigures", "gather", "write_page"]
