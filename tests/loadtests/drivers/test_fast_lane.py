"""One keep-alive connection on the event loop, against servers that behave and servers that do not."""

from __future__ import annotations

import errno
import socket
import threading
import time
from types import SimpleNamespace

import gevent
import pytest

from loadtests.drivers import fast_lane
from loadtests.drivers.attentive_lane import AttentiveLane
from loadtests.drivers.fast_lane import FastLane
from loadtests.sample import BAD_REPLY, NO_FILE, NO_PORT, OK, REFUSED, RESET
from loadtests.target import Call
from tests.loadtests.drivers.exchanges import Exchanges
from tests.loadtests.drivers.scripted_server import OK_REPLY

POST = Call("POST", "/api/search", b'{"query":"x"}', "application/json", (("X-User", "7"),))
STREAM = Call("GET", "/stream", streamed=True)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def exchanges(serve):
    """Make a lane to a scripted server; lanes are closed."""
    made = []

    def start(*scripts, call=POST, kind=FastLane, places=None):
        server = serve(*scripts)
        made.append(Exchanges(server.url, call, lambda route: kind(route, 0), places))
        made[-1].server = server
        return made[-1]

    yield start
    for its in made:
        its.lane.close()


def test_a_request_is_sent_as_http_says(exchanges):
    """Method, path, host, type, length and headers are on the wire, and the body after an empty line."""
    its = exchanges([b"", OK_REPLY])
    assert its.run() == OK
    head, _, body = its.server.requests[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /api/search HTTP/1.1"
    assert f"Host: {its.server.url.partition('//')[2]}".encode() in lines
    assert {b"Content-Length: 13", b"X-User: 7"} <= set(lines)
    assert body == POST.body


@pytest.mark.parametrize(
    ("pieces", "status", "body"),
    [
        ([OK_REPLY], 200, b"hello"),
        ([OK_REPLY[:9], OK_REPLY[9:30], OK_REPLY[30:]], 200, b"hello"),
        ([CHUNKED + b"3\r\nhel\r\n", b"2\r\nlo\r\n0\r\n\r\n"], 200, b"hello"),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], 204, b""),
        ([b"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\nRetry-After: 1\r\n\r\nno"], 503, b"no"),
        ([b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", OK_REPLY], 200, b"hello"),
        ([b"HTTP/1.1 200 OK\r\n\r\nhel", b"lo", None], 200, b"hello"),
        ([b"HTTP/1.0 200 OK\r\n\r\nhello", None], 200, b"hello"),
    ],
)
def test_replies_are_read_however_they_are_cut(exchanges, pieces, status, body):
    """Split reads, chunked bodies, no body, errors, interim replies, and bodies that last until the end."""
    its = exchanges([b"", *pieces])
    assert its.run() == OK
    assert its.judged[0][:2] == (status, body)
    assert its.lane.size_bytes == len(body)
    assert its.lane.sent_s < its.lane.first_byte_s <= time.perf_counter()


def test_a_body_larger_than_any_buffer_is_whole(exchanges):
    """Three megabytes come in many reads, and are sent in many writes."""
    body = bytes(range(256)) * 12_000
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    its = exchanges([b"", reply])
    assert its.run() == OK
    assert its.judged[0][1] == body


def test_a_request_larger_than_the_sockets_buffer_is_sent_whole():
    """Uploads go out as the socket takes them, and nothing else waits meanwhile."""
    body = bytes(range(256)) * 40_000
    got = bytearray()

    def answer():
        stream, _ = listener.accept()
        while len(got) < len(body) + 10:
            got.extend(stream.recv(1_000_000))
            if bytes(got[-256:]) == body[-256:] and len(got) >= len(body):
                break
        stream.sendall(OK_REPLY)
        stream.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        its = Exchanges(url, Call("PUT", "/", body, "application/octet-stream"), lambda route: FastLane(route, 0))
        server = gevent.get_hub().threadpool.spawn(answer)
        assert its.run() == OK
        server.get(timeout=5)
        its.lane.close()
    assert bytes(got).partition(b"\r\n\r\n")[2] == body


def test_a_connection_is_kept_and_used_again(exchanges):
    """Two requests over one accepted connection."""
    its = exchanges([b"", OK_REPLY, b"", OK_REPLY])
    assert [its.run(), its.run()] == [OK, OK]


def test_a_reply_that_closes_is_followed_by_a_new_connection(exchanges):
    """`Connection: close` is obeyed."""
    closing = OK_REPLY.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    its = exchanges([b"", closing, None], [b"", OK_REPLY])
    assert [its.run(), its.run()] == [OK, OK]


@pytest.mark.parametrize("end", [None, "reset"])
def test_a_connection_that_was_closed_as_it_was_used_again_is_opened_again(exchanges, end):
    """A server may drop an idle connection at any moment; one try on a new one is fair and is no failure."""
    its = exchanges([b"", OK_REPLY, end], [b"", OK_REPLY])
    assert [its.run(), its.run()] == [OK, OK]


def test_a_second_try_is_the_last(exchanges):
    """What breaks on a new connection as well is a failure."""
    its = exchanges([b"", OK_REPLY, b"", None], [b"", None], [b"", OK_REPLY])
    assert [its.run(), its.run()] == [OK, RESET]


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ([b"", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", None], RESET),
        ([b"", b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 50\r\n\r\nshort", None], RESET),
        ([b"", CHUNKED + b"5\r\nhel", None], RESET),
        ([b"", b"HTTP/1.1 200 O", None], RESET),
        ([b"", None], RESET),
        ([b"", "reset"], RESET),
        ([b"", b"SSH-2.0-OpenSSH_9.2\r\n"], BAD_REPLY),
        ([b"", b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"], BAD_REPLY),
        ([b"", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello and more"], BAD_REPLY),
        ([b"", OK_REPLY + OK_REPLY], BAD_REPLY),
        ([b"", CHUNKED + b"zz\r\n"], BAD_REPLY),
        ([b"", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"], BAD_REPLY),
    ],
)
def test_a_reply_that_is_not_what_it_says_has_a_name(exchanges, script, outcome):
    """Resets, garbage, and lengths that are too long, too short or nonsense are failures, each under its own name."""
    assert exchanges(script).run() == outcome


def test_a_failure_does_not_spoil_the_next_request(exchanges):
    """After anything in doubt a new connection is used."""
    its = exchanges([b"", b"garbage\r\n\r\n"], [b"", OK_REPLY])
    assert [its.run(), its.run()] == [BAD_REPLY, OK]


def test_a_reply_that_was_given_up_is_never_taken_for_the_next(exchanges):
    """What comes too late goes to a closed connection."""
    its = exchanges([b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nlate"], [b"", OK_REPLY])
    its.begin()
    gevent.sleep(0.05)
    its.lane.give_up()
    its.lane.arrival = None
    assert its.run() == OK
    assert its.judged[-1][1] == b"hello"


def test_what_an_idle_connection_says_unasked_is_dropped_with_it(exchanges):
    """Surplus after a reply must not become the reply to the next request."""
    idle = threading.Event()
    its = exchanges([b"", OK_REPLY, idle, b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold"], [b"", OK_REPLY])
    assert its.run() == OK
    idle.set()
    with gevent.Timeout(5):
        while its.lane._stream is not None:
            gevent.sleep(0.005)
    assert its.run() == OK
    assert its.judged[-1][1] == b"hello"


def test_nobody_listening_is_refused(exchanges):
    """No connection could be made."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        its = exchanges(places=((socket.AF_INET, free.getsockname()),))
        assert its.run() == REFUSED


@pytest.mark.parametrize(("number", "outcome"), [(errno.EMFILE, NO_FILE), (errno.EADDRNOTAVAIL, NO_PORT)])
def test_a_limit_of_this_machine_is_told_from_the_targets_faults(exchanges, monkeypatch, number, outcome):
    """Out of descriptors and out of ports are outcomes of their own."""

    class Limited:
        def __init__(self, *_):
            if number == errno.EMFILE:
                raise OSError(number, "no more")

        def connect_ex(self, _):
            return number

        def __getattr__(self, _):
            return lambda *_: None

    monkeypatch.setattr(fast_lane, "_socket", SimpleNamespace(**{**vars(fast_lane._socket), "socket": Limited}))
    assert exchanges([]).run() == outcome


def test_headers_are_kept_for_a_target_that_judges_them(exchanges):
    """Names and values as they came, those of an interim reply left out."""
    its = exchanges([b"", b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + OK_REPLY], kind=AttentiveLane)
    assert its.run() == OK
    assert its.judged[0][2] == [(b"Content-Length", b"5")]


def test_a_reply_to_head_ends_with_its_head(exchanges):
    """A length is announced and no body follows; the connection can be used again."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    its = exchanges([b"", head, b"", head], call=Call("HEAD", "/"), kind=AttentiveLane)
    assert [its.run(), its.run()] == [OK, OK]
    assert its.judged[0][:2] == (200, b"")


def test_the_pieces_of_a_stream_carry_their_instants(exchanges):
    """Each piece with the moment at which it was read, ascending."""
    events = [CHUNKED, b"9\r\ndata: 1\n\n\r\n", b"9\r\ndata: 2\n\n\r\n", b"0\r\n\r\n"]
    its = exchanges([b"", *events], call=STREAM)
    assert its.run() == OK
    _, body, _, pieces = its.judged[0]
    assert b"".join(piece for _, piece in pieces) == body == b"data: 1\n\ndata: 2\n\n"
    instants = [instant for instant, _ in pieces]
    assert instants == sorted(instants)
