"""Whether the exchange that messages go to is there: without it what is paid for could not be sent on."""

from __future__ import annotations

import logging
from typing import Any

from pika.exceptions import ChannelClosedByBroker

LOG = logging.getLogger(__name__)

NOT_FOUND = 404
TOPOLOGY = (403, NOT_FOUND)
"""The exchange is not there or not ours. The platform owns it and may yet put it right."""


class ExchangeCheck:
    """Asks once on each channel, which the broker closes if the exchange is missing. Used on the I/O thread only."""

    def __init__(self, exchange: str) -> None:
        self._exchange = exchange
        self._is_asked = bool(exchange)
        self._waits = False
        self._is_told = False
        self._reason = ""
        self.is_missing = False

    def begin(self, channel: Any) -> None:
        """Ask; what is sent on this channel afterwards is done only if the exchange is there."""
        if self._is_asked:
            self._waits = True
            channel.exchange_declare(self._exchange, passive=True, callback=self._on_found)

    def explains(self, reason: Exception) -> bool:
        """Return whether the channel was lost for the question; is_missing tells then whether the exchange is."""
        waits, self._waits = self._waits, False
        if not (waits and isinstance(reason, ChannelClosedByBroker)):
            return False
        if reason.reply_code == NOT_FOUND:
            self.is_missing, self._reason = True, reason.reply_text
        else:
            self._is_asked = False  # who may publish may still not be allowed to ask
        return True

    def complain(self) -> None:
        """Log, once, that the exchange is missing: when messages are to be taken, not before."""
        if not self._is_told:
            self._is_told = True
            LOG.error(
                "the exchange %r (ELASTICIO_PUBLISH_MESSAGES_TO), which everything goes to, cannot be used (%s): "
                "no message is taken until it can",
                self._exchange,
                self._reason,
            )

    def _on_found(self, _frame: Any) -> None:
        self._waits = self.is_missing = False
        if self._is_told:
            self._is_told = False
            LOG.info("the exchange %r is there now", self._exchange)
