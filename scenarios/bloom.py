"""Bloom: a set that never forgets what was added, in a fixed amount of memory, and at times knows what was not."""

from __future__ import annotations

from hashlib import blake2b

BITS = 27
"""16 MB. With ten million members one in 200 others is taken for a member (Bloom 1970: (1 - e^(-kn/m))^k, k = 4)."""

_HASHES = 4
_MASK = 2**BITS - 1


class Bloom:
    """Texts that were seen."""

    def __init__(self) -> None:
        self._bits = bytearray(2**BITS // 8)

    def add(self, text: str) -> bool:
        """Add a text and return whether it is new; a new one is sometimes taken for known, never the other way."""
        digest = int.from_bytes(blake2b(text.encode(), digest_size=16).digest(), "big")
        new = False
        for _ in range(_HASHES):
            place, bit = (digest & _MASK) >> 3, 1 << (digest & 7)
            new = new or not self._bits[place] & bit
            self._bits[place] |= bit
            digest >>= BITS
        return new
