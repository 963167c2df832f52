"""AttentiveLane: a fast lane that keeps headers as well, and knows replies that have none but a head."""

from __future__ import annotations

import httptools

from loadtests.drivers.fast_lane import FastLane


class AttentiveLane(FastLane):
    """Keeps headers as well, for targets that judge them, and knows replies to HEAD, which have no body."""

    __slots__ = ()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header from the parser."""
        self.headers.append((name, value))
        self._untidy = True

    def on_headers_complete(self) -> None:
        """Take the end of the head for the end of the reply, when HEAD was asked."""
        if self._prepared is not None and self._prepared.bodiless:
            super().on_message_complete()

    def on_message_complete(self) -> None:
        """Note that the reply is whole, unless it was whole with its head."""
        if self._prepared is not None and not self._prepared.bodiless:
            super().on_message_complete()

    def _finish(self, now_s: float) -> None:
        if self._prepared is not None and self._prepared.bodiless and self._stream is not None:
            self._parser = httptools.HttpResponseParser(self)  # the old one still waits for a body
            self._feed = self._parser.feed_data
        super()._finish(now_s)
