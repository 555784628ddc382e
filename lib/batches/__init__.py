"""Batches: many requests in one file, answered within a day at half the price.

lines finds the requests in a message, upload writes them as the service wants a file, service makes the calls, status
reads the batch object, results the lines that came back, background a response that is made alone. submission keeps two
workers apart; submitter and collector are the two steps' ways through them.
"""

from .collector import Collector
from .named_work import id_of
from .submitter import Submitter

__all__ = ["Collector", "Submitter", "id_of"]
