"""Reading a stream: however its bytes are cut, and whatever is sent in its place."""

from __future__ import annotations

import pytest

from target_stub.upstream.events import EventReader, Piece, Usage
from target_stub.upstream.failure import Outcome, UpstreamError

STREAM = (
    b": keep-alive\r\n\r\n"
    b'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{"content":"caf\xc3\xa9"}}]}\r\n\r\n'
    b'event: message\nid: 7\ndata:{"choices":[{"delta":{},\ndata: "finish_reason":"stop"}], "unknown": [1]}\n\n'
    b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}\n\n'
    b"data: [DONE]\n\n"
)
PIECES = [Piece(), Piece("caf\u00e9"), Piece("", "stop"), Piece(usage=Usage(3, 1)), Piece(done=True)]


@pytest.mark.parametrize("size", [1, 2, 7, 50, 10_000])
def test_a_stream_is_read_however_it_is_cut(size: int) -> None:
    """In the middle of characters and of line ends too; comments and other fields are passed over."""
    reader = EventReader()
    cut = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]
    assert [piece for part in cut for piece in reader.feed(part)] == PIECES


@pytest.mark.parametrize(
    ("sent", "outcome"),
    [
        (b"<html>502 Bad Gateway</html>\n", Outcome.GARBAGE),
        (b"data: {\n\n", Outcome.GARBAGE),
        (b"data: \xff\xfe\n\n", Outcome.GARBAGE),
        (b"data: []\n\n", Outcome.GARBAGE),
        (b'data: {"choices": 3}\n\n', Outcome.GARBAGE),
        (b"data: " + b"[" * 10_000 + b"\n\n", Outcome.GARBAGE),
        (b"x" * 2_000_000, Outcome.GARBAGE),
        (b"data: " + b"x" * 2_000_000, Outcome.GARBAGE),
        (b'data: {"error": {"message": "overloaded", "type": "server_error"}}\n\n', Outcome.FAILED),
        (b'data: {"error": "overloaded"}\n\n', Outcome.FAILED),
    ],
)
def test_what_is_no_stream_is_told(sent: bytes, outcome: Outcome) -> None:
    """Pages of proxies, cut JSON, endless lines, and errors told within the stream."""
    with pytest.raises(UpstreamError) as caught:
        list(EventReader().feed(sent))
    assert caught.value.outcome is outcome
