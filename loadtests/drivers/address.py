"""Address: where a target listens, the fixed parts of every request to it, and its resolution to socket addresses."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from gevent import socket

from loadtests.target import Call
from scenarios.errors import HarnessError

PROBE_TIMEOUT_S = 1.0

SocketAddress = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a target listens, and the fixed parts of every request to it."""

    host: str
    port: int
    authority: str
    prefix: str
    tls: bool

    @classmethod
    def of(cls, url: str) -> Address:
        """Read an address such as `http://127.0.0.1:8080`; a path in it is put before every call's own."""
        parts = urlsplit(url)
        tls = parts.scheme == "https"
        port = parts.port or (443 if tls else 80)
        return cls(parts.hostname or "", port, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), tls)

    def request(self, call: Call) -> bytes:
        """Return the bytes of a request."""
        head = f"{call.method} {self.prefix}{call.path} HTTP/1.1\r\nHost: {self.authority}\r\nUser-Agent: tenfold\r\n"
        if call.content_type:
            head += f"Content-Type: {call.content_type}\r\n"
        if call.content_type or call.body:
            head += f"Content-Length: {len(call.body)}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in call.headers)
        return head.encode("latin-1") + b"\r\n" + call.body

    def resolve(self) -> tuple[SocketAddress, ...]:
        """Look the host up once, before the load, so that no request waits for a name server.

        Returns:
            The addresses that accept a connection now, or all of them when none does; connections take them in turn.

        Raises:
            HarnessError: when the name has no address.
        """
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise HarnessError(
                f"the target's host {self.host!r} has no address: {error}",
                hint="check the name in target.url or --host, and this machine's name server",
            ) from error
        every = tuple(dict.fromkeys((family, where) for family, _, _, _, where in found))
        if len(every) == 1:
            return every
        return tuple(its for its in every if _accepts(its)) or every


def _accepts(address: SocketAddress) -> bool:
    family, where = address
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(PROBE_TIMEOUT_S)
            probe.connect(where)
    except OSError:
        return False
    return True
