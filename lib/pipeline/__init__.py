"""One message's way to its result: built, checked, priced, asked, checked again, perhaps repaired, accounted for."""

from .pipeline import NOBODY, Pipeline

__all__ = ["NOBODY", "Pipeline"]
