"""Memory leak: memory that is taken and not given back, up to a bound."""

from __future__ import annotations

FILLING = b"\xa5"  # not zero: untouched pages of zeros would not be in memory at all


class MemoryLeak:
    """Takes some memory at each call until it has `max_bytes`, and lets it go with itself."""

    def __init__(self, bytes_per_call: int, max_bytes: int) -> None:
        self._bytes_per_call = bytes_per_call
        self._max_bytes = max_bytes
        self._taken: list[bytes] = []
        self.taken_bytes = 0

    def take(self) -> None:
        """Take the memory of one call, or what is left of the bound."""
        size_bytes = min(self._bytes_per_call, self._max_bytes - self.taken_bytes)
        if size_bytes > 0:
            self._taken.append(FILLING * size_bytes)
            self.taken_bytes += size_bytes
