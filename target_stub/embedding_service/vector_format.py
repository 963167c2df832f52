"""Vector format: vectors as bytes between our processes: a header with a checksum, then float32, little-endian."""

from __future__ import annotations

import struct
from zlib import crc32

import numpy as np

from target_stub.embedder import Vectors

MEDIA = "application/vnd.tenfold.vectors"
MAGIC = b"10fV"
FORMAT = 1
HEADER = struct.Struct("<4sBIII")  # magic, format, rows, dimensions, CRC-32 of the numbers
MAX_NUMBERS = 1 << 24


class VectorsError(ValueError):
    """Bytes that are no vectors."""


def pack(vectors: Vectors) -> bytes:
    """Return vectors, shape (n, dim), as bytes."""
    numbers = np.ascontiguousarray(vectors, "<f4").tobytes()
    return HEADER.pack(MAGIC, FORMAT, vectors.shape[0], vectors.shape[1], crc32(numbers)) + numbers


def unpack(packed: bytes) -> Vectors:
    """Return the vectors, shape (n, dim).

    Raises:
        VectorsError: when they are cut short, altered or something else.
    """
    if len(packed) < HEADER.size:
        raise VectorsError("too short for a header")
    magic, version, rows, dim, checksum = HEADER.unpack_from(packed)
    numbers = packed[HEADER.size :]
    if magic != MAGIC or version != FORMAT:
        raise VectorsError("not in this format")
    if rows * dim > MAX_NUMBERS or len(numbers) != 4 * rows * dim:
        raise VectorsError(f"{len(numbers)} bytes are not {rows} x {dim} numbers")
    if crc32(numbers) != checksum:
        raise VectorsError("altered on the way")
    vectors: Vectors = np.frombuffer(numbers, "<f4").reshape(rows, dim).astype(np.float32)
    if not np.isfinite(vectors).all():
        raise VectorsError("not all numbers are finite")
    return vectors
