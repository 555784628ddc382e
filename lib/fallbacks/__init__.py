"""Further models and a second server, asked in order while the one before is down, over its rate, out of quota or gone.

alternatives reads the step's setting, chain asks one after the other, attempts keeps their errors and when the next may
be asked; remembered is where an earlier attempt at the same message had come.
"""

from .alternatives import Alternative
from .chain import Fallbacks

__all__ = ["Alternative", "Fallbacks"]
