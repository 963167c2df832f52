"""Requests that are set aside and read again."""

from __future__ import annotations

from itertools import islice

from scenarios.log_line import Recorded
from scenarios.spool import Spool

REQUESTS = [
    (number % 3, Recorded(0.0, "POST", f"/search?q={number}" + "é" * number, 200, f'{{"n": {number}}}'))
    for number in range(600)
]


def test_what_was_set_aside_is_read_whole_and_in_order():
    """Every request comes back as it was, across the blocks in which the file is read."""
    spool = Spool(iter(REQUESTS), 1000)
    assert list(spool) == REQUESTS
    assert list(spool) == REQUESTS


def test_two_readers_do_not_disturb_each_other():
    """Each has a place of its own, and a spool never holds more than it was told."""
    spool = Spool(iter(REQUESTS), 500)
    first = iter(spool)
    assert list(islice(first, 250)) == REQUESTS[:250]
    assert list(spool) == REQUESTS[:500]
    assert list(first) == REQUESTS[250:500]
