"""One keep-alive connection against servers that behave, and servers that do not."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from loadtests.drivers.connection import Address, Connection, ExchangeError
from loadtests.sample import BAD_REPLY, REFUSED, RESET, TIMEOUT
from loadtests.target import Call

CALL = Call("POST", "/api/search", b'{"query":"x"}', "application/json")
CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
OK_REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


class ScriptedServer:
    """Accepts connections and answers each request of the n-th with its n-th script: a list of byte strings.

    `None` in a script closes the connection there; a server that has run out of scripts stays silent.
    """

    def __init__(self, *scripts):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._scripts = list(scripts)
        self._open = []
        self.requests: list[bytes] = []
        self.address = Address.of(f"http://127.0.0.1:{self._listener.getsockname()[1]}")
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        for script in self._scripts:
            try:
                stream, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(stream)
            for piece in script:
                if piece is None:
                    stream.close()
                    break
                if piece == b"":
                    self.requests.append(stream.recv(65536))
                else:
                    stream.sendall(piece)

    def close(self):
        self._listener.close()
        for stream in self._open:
            stream.close()


@pytest.fixture
def serve():
    servers = []

    def start(*scripts):
        servers.append(ScriptedServer(*scripts))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def connect():
    connections = []

    def start(address):
        connections.append(Connection(address))
        return connections[-1]

    yield start
    for connection in connections:
        connection.close()


def exchange(connection, address, patience_s=5.0):
    return connection.exchange(address.request(CALL), time.perf_counter() + patience_s)


def test_a_request_is_sent_as_http_says(serve, connect):
    """Method, path, host, type and length are on the wire, and the body after an empty line."""
    server = serve([b"", OK_REPLY])
    exchange(connect(server.address), server.address)
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /api/search HTTP/1.1"
    assert f"Host: {server.address.authority}".encode() in lines
    assert b"Content-Length: 13" in lines
    assert body == CALL.body


@pytest.mark.parametrize(
    ("pieces", "status", "body"),
    [
        ([OK_REPLY], 200, b"hello"),
        ([OK_REPLY[:9], OK_REPLY[9:30], OK_REPLY[30:]], 200, b"hello"),
        (
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n", b"2\r\nlo\r\n0\r\n\r\n"],
            200,
            b"hello",
        ),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], 204, b""),
        ([b"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\nRetry-After: 1\r\n\r\nno"], 503, b"no"),
    ],
)
def test_replies_are_read_however_they_are_cut(serve, pieces, status, body, connect):
    """Split reads, chunked bodies, empty bodies and errors all give a whole reply."""
    server = serve([b"", *pieces])
    reply = exchange(connect(server.address), server.address)
    assert (reply.status, bytes(reply.body)) == (status, body)
    assert reply.first_byte_s <= time.perf_counter()


def test_a_connection_is_kept_and_used_again(serve, connect):
    """Two requests over one accepted connection."""
    server = serve([b"", OK_REPLY, b"", OK_REPLY])
    connection = connect(server.address)
    assert exchange(connection, server.address).status == 200
    assert exchange(connection, server.address).status == 200


def test_a_reply_that_closes_is_followed_by_a_new_connection(serve, connect):
    """`Connection: close` is obeyed."""
    closing = OK_REPLY.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    server = serve([b"", closing, None], [b"", OK_REPLY])
    connection = connect(server.address)
    assert exchange(connection, server.address).status == 200
    assert exchange(connection, server.address).status == 200


def test_an_idle_connection_that_the_server_closed_is_opened_again(serve, connect):
    """A server may drop an idle connection as it is used again; one try on a new one is fair and is no failure."""
    server = serve([b"", OK_REPLY, None], [b"", OK_REPLY])
    connection = connect(server.address)
    exchange(connection, server.address)
    assert exchange(connection, server.address).status == 200


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ([b"", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", None], RESET),
        ([b"", None], RESET),
        ([b"", b"SSH-2.0-OpenSSH_9.2\r\n"], BAD_REPLY),
        ([b"", b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"], BAD_REPLY),
        ([b""], TIMEOUT),
        ([b"", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"], TIMEOUT),
    ],
)
def test_a_reply_that_never_becomes_whole_has_a_name(serve, script, outcome, connect):
    """Resets, garbage, a wrong length and silence are failures, each under its own name."""
    server = serve(script)
    with pytest.raises(ExchangeError) as caught:
        exchange(connect(server.address), server.address, patience_s=0.4)
    assert caught.value.outcome == outcome


def test_nobody_listening_is_refused(connect):
    """No connection could be made."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = Address.of(f"http://127.0.0.1:{free.getsockname()[1]}")
        with pytest.raises(ExchangeError) as caught:
            exchange(connect(address), address)
    assert caught.value.outcome == REFUSED


def test_a_failure_does_not_spoil_the_next_request(serve, connect):
    """A reply that came too late must never be taken for the answer to the next request."""
    server = serve([b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nlate"], [b"", OK_REPLY])
    connection = connect(server.address)
    with pytest.raises(ExchangeError):
        exchange(connection, server.address, patience_s=0.3)
    assert bytes(exchange(connection, server.address).body) == b"hello"


@pytest.mark.parametrize(
    ("url", "host", "port", "prefix", "tls"),
    [
        ("http://127.0.0.1:8080", "127.0.0.1", 8080, "", False),
        ("https://example.org", "example.org", 443, "", True),
        ("http://user:pass@example.org/v1/", "example.org", 80, "/v1", False),
        ("http://[::1]:81", "::1", 81, "", False),
    ],
)
def test_an_address_is_taken_apart(url, host, port, prefix, tls):
    """Ports by scheme, a path as prefix, and no password on the wire's Host header."""
    address = Address.of(url)
    assert (address.host, address.port, address.prefix, address.tls) == (host, port, prefix, tls)
    assert "pass" not in address.authority
