"""Entry: an answer as bytes for a cache that others can write to: versioned, checksummed, compressed when large.

Nothing of it is executed on reading, and nothing is believed: an entry that is cut short, altered, written by another
program or meant for another key is told from a good one, and counts as not there.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import StrEnum
from zlib import crc32

import zstandard

MAGIC = b"10fA"
FORMAT = 1
COMPRESSED = 1  # flag
HEADER = struct.Struct("<4sBBQI16s")  # magic, format, flags, kept at (ms since 1970), bytes unpacked, key's digest
CHECKSUM = struct.Struct("<I")  # CRC-32 of all before it and of the payload after it
OVERHEAD_BYTES = HEADER.size + CHECKSUM.size
MAX_BODY_BYTES = 16 << 20  # an entry that claims more is not ours: no answer comes near it
LEVEL = 1  # 2 KB of results: x2.37 in 8 us, back in 4 us; higher levels gain little on texts this short


class Flaw(StrEnum):
    """Why an entry is not used."""

    DAMAGED = "damaged"  # ours, but cut short or altered
    FOREIGN = "foreign"  # another program's, another version's, or another key's


class EntryError(Exception):
    """An entry that must not be used."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer and when it was computed, in milliseconds since 1970."""

    body: bytes
    kept_at_ms: int


class EntryCodec:
    """Packs and unpacks entries; bodies of at least `compress_from` bytes are compressed (0: none is)."""

    def __init__(self, compress_from: int) -> None:
        self._compress_from = compress_from
        self._compressor = zstandard.ZstdCompressor(level=LEVEL)
        self._decompressor = zstandard.ZstdDecompressor()

    def pack(self, entry: Entry, digest: bytes) -> bytes:
        """Return the entry under its key's digest of 16 bytes."""
        payload, flags = entry.body, 0
        if self._compress_from and len(payload) >= self._compress_from:
            packed = self._compressor.compress(payload)
            if len(packed) < len(payload):
                payload, flags = packed, COMPRESSED
        header = HEADER.pack(MAGIC, FORMAT, flags, entry.kept_at_ms, len(entry.body), digest)
        return b"".join((header, CHECKSUM.pack(crc32(payload, crc32(header))), payload))

    def unpack(self, packed: bytes, digest: bytes) -> Entry:
        """Return the entry.

        Raises:
            EntryError: saying what is wrong with it.
        """
        if len(packed) < OVERHEAD_BYTES:
            raise EntryError(Flaw.DAMAGED if packed.startswith(MAGIC) else Flaw.FOREIGN)
        magic, version, flags, kept_at_ms, size, owner = HEADER.unpack_from(packed)
        if magic != MAGIC or version != FORMAT:
            raise EntryError(Flaw.FOREIGN)
        payload = packed[OVERHEAD_BYTES:]
        (checksum,) = CHECKSUM.unpack_from(packed, HEADER.size)
        if checksum != crc32(payload, crc32(packed[: HEADER.size])) or size > MAX_BODY_BYTES:
            raise EntryError(Flaw.DAMAGED)
        if owner != digest:
            raise EntryError(Flaw.FOREIGN)
        body = self._decompressed(payload, size) if flags & COMPRESSED else payload
        if len(body) != size:
            raise EntryError(Flaw.DAMAGED)
        return Entry(body, kept_at_ms)

    def _decompressed(self, payload: bytes, size: int) -> bytes:
        try:
            if zstandard.frame_content_size(payload) != size:  # else a made-up frame could ask for gigabytes
                raise EntryError(Flaw.DAMAGED)
            return self._decompressor.decompress(payload, max_output_size=size, allow_extra_data=False)
        except zstandard.ZstdError as error:
            raise EntryError(Flaw.DAMAGED) from error
