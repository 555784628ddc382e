"""Texts and pictures in, what is wrong with them out: POST /moderations.

parts finds what is to be checked, thresholds reads the step's own limits, result reads the answers, and moderator does
it all for one message.
"""

from .moderator import ContentFlagged, Moderator
from .result import Moderation

__all__ = ["ContentFlagged", "Moderation", "Moderator"]
