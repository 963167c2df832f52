"""Where a target listens, and how its name is looked up."""

from __future__ import annotations

import socket

import pytest

from loadtests.drivers.address import Address
from loadtests.drivers.preparing import Preparing
from loadtests.target import Call
from scenarios.errors import HarnessError
from tests.loadtests.drivers.exchanges import ARRIVAL, Always


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


def test_a_name_without_an_address_is_told_before_any_load():
    """Two lines: the name, and where to look."""
    with pytest.raises(HarnessError, match=r"nowhere\.invalid.*has no address") as caught:
        Address.of("http://nowhere.invalid:80").resolve()
    assert "name server" in caught.value.hint


def test_of_several_addresses_those_that_answer_are_used():
    """Localhost may be two, and the service may listen on one of them only."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        places = Address.of(f"http://localhost:{port}").resolve()
        assert places == ((socket.AF_INET, ("127.0.0.1", port)),)


@pytest.mark.parametrize("call", [("GET", "/a b"), ("GET", "/a\r\nHost: evil"), ("GE T", "/"), ("GET", "/\n")])
def test_a_request_that_would_break_its_own_lines_is_refused(call):
    """What comes from data files cannot smuggle a header in."""
    with pytest.raises(ValueError, match="would break"):
        Call(*call)
    with pytest.raises(ValueError, match="would break"):
        Call("GET", "/", headers=(("X-User", "7\r\nX-Admin: 1"),))


def test_the_same_call_is_made_into_bytes_once():
    """And another one, though it looks the same, is made anew."""
    call = Call("GET", "/")
    preparing = Preparing(Address.of("http://127.0.0.1:1"), Always(call))
    assert preparing.prepare(ARRIVAL) is preparing.prepare(ARRIVAL)
    again = Preparing(Address.of("http://127.0.0.1:1"), Always(Call("GET", "/")))
    assert again.prepare(ARRIVAL).wire == preparing.prepare(ARRIVAL).wire
