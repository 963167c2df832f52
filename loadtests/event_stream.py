"""EventStream: when the events of a reply arrived, as server-sent events are cut (WHATWG HTML, section 9.2.6)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

_END_OF_EVENT = re.compile(rb"\r\n\r\n|\n\n|\r\r|\r\n\n|\n\r\n")
_DATA = re.compile(rb"(?m)^data(?::|$)")

FIRST_EVENT = "first_event"  # from the send to the first event
EVENT_GAP = "event_gap"  # the mean time between two events of a reply
EVENT_GAP_MAX = "event_gap_max"  # the longest time between two events of a reply
TIMINGS_OF_STREAMS = (FIRST_EVENT, EVENT_GAP, EVENT_GAP_MAX)


def event_instants(pieces: Iterable[tuple[float, bytes]]) -> list[float]:
    """Return when each event was whole: the instant of the piece that ended it.

    An event is a block of lines with data; comments, which keep a connection alive, are none.
    """
    instants: list[float] = []
    rest = b""
    for came_s, piece in pieces:
        *blocks, rest = _END_OF_EVENT.split((rest + piece).lstrip(b"\xef\xbb\xbf"))
        instants += [came_s for block in blocks if _DATA.search(block.replace(b"\r", b"\n"))]
    return instants


def stream_timings(pieces: Iterable[tuple[float, bytes]], sent_s: float) -> dict[str, float]:
    """Return the timings of a stream in seconds, by name; none without an event, no gaps with a single one.

    Args:
        pieces: When each piece of the body came, and what it held.
        sent_s: When the request was sent, on the same clock.
    """
    instants = event_instants(pieces)
    if not instants:
        return {}
    timings = {FIRST_EVENT: instants[0] - sent_s}
    if len(instants) > 1:
        gaps = [after - before for before, after in pairwise(instants)]
        timings |= {EVENT_GAP: sum(gaps) / len(gaps), EVENT_GAP_MAX: max(gaps)}
    return timings
