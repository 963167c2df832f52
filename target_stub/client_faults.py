"""Client faults: malformed HTTP is one line in the log, not a traceback with which anybody could fill it."""

from __future__ import annotations

import logging

from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web import RequestPayloadError


class ClientFaults(logging.Filter):
    """Turns records about malformed requests into a line at level INFO; for aiohttp's logger."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record if its exception is the client's doing, and let it pass if that level is logged at all."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError | RequestPayloadError):
            record.levelno, record.levelname = logging.INFO, "INFO"
            record.msg, record.args = "refused a malformed request: %s", (" ".join(str(error).split())[:200],)
            record.exc_info = record.exc_text = None
            return logging.getLogger().isEnabledFor(logging.INFO)
        return True
