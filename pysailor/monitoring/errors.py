"""Why a worker cannot be watched as its settings want."""

from __future__ import annotations

from ..errors import SailorError


class MonitoringUnavailable(SailorError):
    """The port cannot be opened, the file cannot be written, or the library is missing."""

    code = "monitoring_unavailable"
