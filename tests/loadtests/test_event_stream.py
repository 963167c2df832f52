"""Server-sent events, however they are cut into pieces."""

from __future__ import annotations

import pytest

from loadtests.event_stream import event_instants, stream_timings

THREE = b"event: token\ndata: a\n\n: keep alive\n\ndata: b\ndata: c\n\nid: 7\n\ndata\n\n"


def cut(data, size):
    return [(1.0 + at, data[at : at + size]) for at in range(0, len(data), size)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_events_are_found_however_they_are_cut(size, end):
    """Blocks with data are events, comments and bare ids are not; each is timed by the piece that ends it."""
    data = THREE.replace(b"\n", end)
    instants = event_instants(cut(data, size))
    assert len(instants) == 3
    ends = [
        data.find(end * 2, data.find(mark)) + 2 * len(end) for mark in (b"data: a", b"data: b", b"data" + end + end)
    ]
    ends[2] = len(data)
    assert instants == [1.0 + (its - 1) // size * size for its in ends]


def test_an_event_that_is_not_finished_does_not_count():
    """The stream broke off within it."""
    assert event_instants([(1.0, b"data: a\n\ndata: b")]) == [1.0]
    assert event_instants([]) == []


def test_one_event_has_no_gap():
    """Only the time to it."""
    assert stream_timings([(3.0, b"data: a\n\n")], 1.0) == {"first_event": 2.0}
    assert stream_timings([], 1.0) == {}
