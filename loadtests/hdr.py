"""Hdr: our histograms in the V2 encoding of HdrHistogram, and back: what other tools read and write.

The layout is that of HdrHistogram's Java implementation (Tene, https://github.com/HdrHistogram/HdrHistogram, public
domain): a base64 text of a cookie, a length, and a zlib stream; in it a head and the counts of all buckets as ZigZag
LEB128 numbers, where a negative number is a run of empty buckets.
"""

from __future__ import annotations

import base64
import binascii
import math
import struct
import zlib
from collections.abc import Iterator

from loadtests.histogram import GROWTH, Histogram, bucket_of

V2_COOKIE = 0x1C849303 | 0x10
COMPRESSED_COOKIE = 0x1C849304 | 0x10
DIGITS = 3  # values within 0.1 %, which adds little to the 0.54 % of ours
LOWEST_NS = 1000
NS = 1e9
MOST_BYTES = 2**26
"""Of a decompressed histogram: some hundred times what a full one of three digits needs."""

_HEAD = struct.Struct(">iiiiqqd")  # cookie, payload length, index offset, digits, lowest, highest, ratio
_OUTER = struct.Struct(">ii")
_WORD = 64


class Layout:
    """Which values share a bucket: `digits` significant ones, from `lowest` on."""

    def __init__(self, lowest: int, digits: int) -> None:
        if not 0 <= digits <= 5 or lowest < 1:
            raise ValueError(f"no layout has {digits} digits from {lowest} on")
        self._unit = lowest.bit_length() - 1
        self._half = max(0, math.ceil(math.log2(2 * 10**digits)) - 1)

    def index(self, value: int) -> int:
        """Return the bucket of a value."""
        bucket = max(0, value.bit_length() - self._unit - self._half - 1)
        return ((bucket + 1) << self._half) + (value >> (bucket + self._unit)) - (1 << self._half)

    def middle(self, index: int) -> float:
        """Return the middle of a bucket."""
        bucket = max(0, (index >> self._half) - 1)
        low = index if bucket == 0 else (index & ((1 << self._half) - 1)) + (1 << self._half)
        return float((low << (bucket + self._unit)) + (1 << (bucket + self._unit)) / 2)


def encode(histogram: Histogram) -> str:
    """Return a histogram as HdrHistogram's compressed V2 text, its values in nanoseconds."""
    layout = Layout(LOWEST_NS, DIGITS)
    counts: dict[int, int] = {}
    for bucket, count in histogram.counts.items():
        middle_s = min(max(math.pow(GROWTH, bucket + 0.5), histogram.smallest_s), histogram.largest_s)
        index = layout.index(max(LOWEST_NS, round(middle_s * NS)))
        counts[index] = counts.get(index, 0) + count
    payload = b"".join(_numbers(counts))
    highest = max(2 * LOWEST_NS, round(2 * histogram.largest_s * NS))
    plain = _HEAD.pack(V2_COOKIE, len(payload), 0, DIGITS, LOWEST_NS, highest, 1.0) + payload
    packed = zlib.compress(plain)
    return base64.b64encode(_OUTER.pack(COMPRESSED_COOKIE, len(packed)) + packed).decode("ascii")


def decode(text: str) -> Histogram:
    """Return the histogram in an HdrHistogram text whose values are nanoseconds.

    Raises:
        ValueError: when the text is not such a histogram.
    """
    try:
        raw = base64.b64decode(text, validate=True)
        cookie, length = _OUTER.unpack_from(raw)
        if cookie != COMPRESSED_COOKIE:
            raise ValueError(f"cookie {cookie:#x} is not that of a compressed V2 histogram")
        plain = zlib.decompressobj().decompress(raw[_OUTER.size : _OUTER.size + length], MOST_BYTES)
        cookie, size, offset, digits, lowest, _, ratio = _HEAD.unpack_from(plain)
    except (binascii.Error, struct.error, zlib.error) as error:
        raise ValueError(f"not an HdrHistogram: {error}") from error
    if cookie != V2_COOKIE or offset or ratio != 1.0:
        raise ValueError("only V2 histograms of whole numbers without an offset can be read")
    layout, histogram = Layout(lowest, digits), Histogram()
    for index, count in _counts(plain[_HEAD.size : _HEAD.size + size]):
        value_s = layout.middle(index) / NS
        bucket = bucket_of(value_s)
        histogram.counts[bucket] = histogram.counts.get(bucket, 0) + count
        histogram.total += count
        histogram.sum_s += value_s * count
        histogram.smallest_s = min(histogram.smallest_s, value_s)
        histogram.largest_s = max(histogram.largest_s, value_s)
    return histogram


def _numbers(counts: dict[int, int]) -> Iterator[bytes]:
    after = 0
    for index in sorted(counts):
        if index > after:
            yield _leb128(after - index)
        yield _leb128(counts[index])
        after = index + 1


def _counts(payload: bytes) -> Iterator[tuple[int, int]]:
    index = at = 0
    while at < len(payload):
        number, at = _from_leb128(payload, at)
        if number < 0:
            index -= number
        else:
            if number:
                yield index, number
            index += 1


def _leb128(number: int) -> bytes:
    """Return a number as ZigZag LEB128; the ninth byte, if it comes to that, holds eight bits."""
    left = ((number << 1) ^ (number >> (_WORD - 1))) & (2**_WORD - 1)
    found = bytearray()
    while left > 0x7F and len(found) < 8:
        found.append(left & 0x7F | 0x80)
        left >>= 7
    found.append(left)
    return bytes(found)


def _from_leb128(payload: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(9):
        if at >= len(payload):
            raise ValueError("the counts end within a number")
        byte = payload[at]
        at += 1
        if place == 8 or byte < 0x80:
            value |= byte << (7 * place)
            break
        value |= (byte & 0x7F) << (7 * place)
    return (value >> 1) ^ -(value & 1), at
