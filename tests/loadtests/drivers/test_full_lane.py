"""The full client: TLS, redirects, cookies, compressed bodies, and the same names for what goes wrong."""

from __future__ import annotations

import gzip
import socket
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import gevent
import pytest

from loadtests.drivers.full_lane import FullLane, tls_context
from loadtests.drivers.lanes import lane_maker
from loadtests.sample import BAD_REPLY, OK, REFUSED, RESET, TLS
from loadtests.target import Call
from scenarios.errors import HarnessError
from scenarios.scenario import TargetSpec
from tests.loadtests.drivers.exchanges import Exchanges
from tests.loadtests.drivers.scripted_server import OK_REPLY

GET = Call("GET", "/", headers=(("X-User", "7"),))


class Site(BaseHTTPRequestHandler):
    """Redirects, sets a cookie, compresses, and tells what it was sent."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/old":
            self._answer(302, b"", ("Location", "/new"))
        elif self.path == "/round":
            self._answer(302, b"", ("Location", "/round"))
        elif self.path == "/zip":
            self._answer(200, gzip.compress(b"packed"), ("Content-Encoding", "gzip"))
        elif self.path == "/cookie":
            self._answer(200, (self.headers["Cookie"] or "none").encode(), ("Set-Cookie", "id=5"))
        else:
            self._answer(404 if self.path == "/none" else 200, (self.headers["X-User"] or self.path).encode())

    def do_POST(self):
        self._answer(200, self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, status, body, *headers):
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for localhost, made anew."""
    folder = tmp_path_factory.mktemp("certificate")
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    words += ["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def site(request, certificate):
    """The site, with TLS when the test asks for it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    scheme = "http"
    if getattr(request, "param", False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"{scheme}://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def lane():
    """Make full lanes that serve in greenlets; they end with the test."""
    made, greenlets = [], []

    def start(url, call=GET, **spec):
        wanted = TargetSpec(client="full", **spec)
        its = Exchanges(url, call, lambda route: FullLane(route, wanted, tls_context(wanted)))
        made.append(its)
        greenlets.append(gevent.spawn(its.lane.serve))
        gevent.sleep(0)
        return its

    yield start
    gevent.killall(greenlets)
    for its in made:
        its.lane.close()


def test_a_request_has_its_headers_and_its_reply_is_whole(site, lane):
    """Status, body and headers, and the instants in their order."""
    its = lane(site)
    assert its.run() == OK
    status, body, headers, _ = its.judged[0]
    assert (status, body) == (200, b"7")
    assert (b"content-length", b"1") in [(name.lower(), value) for name, value in headers]
    assert its.lane.sent_s < its.lane.first_byte_s
    assert its.lane.size_bytes == 1


@pytest.mark.parametrize(
    ("call", "status", "body"),
    [
        (Call("GET", "/old"), 200, b"/new"),
        (Call("GET", "/zip"), 200, b"packed"),
        (Call("GET", "/none"), 404, b"/none"),
        (Call("POST", "/", b"some", "text/plain"), 200, b"some"),
    ],
)
def test_what_only_the_full_client_does(site, lane, call, status, body):
    """Redirects are followed, bodies unpacked, and every status is the target's to judge."""
    its = lane(site, call)
    assert its.run() == OK
    assert its.judged[0][:2] == (status, body)


def test_cookies_are_kept_from_one_arrival_to_the_next(site, lane):
    """Each lane is one user's agent."""
    its = lane(site, Call("GET", "/cookie"))
    assert [its.run(), its.run()] == [OK, OK]
    assert [body for _, body, *_ in its.judged] == [b"none", b"id=5"]


def test_redirects_in_a_circle_end(site, lane):
    """After as many as the scenario allows."""
    assert lane(site, Call("GET", "/round"), redirects=3).run() in (BAD_REPLY, OK)


@pytest.mark.parametrize("site", [True], indirect=True)
def test_certificates_are_verified_as_the_scenario_says(site, lane, certificate):
    """Nobody's certificate is refused, unless it is asked for; its own authority is trusted."""
    assert lane(site).run() == TLS
    assert lane(site, verify=False).run() == OK
    assert lane(site, verify=str(certificate / "cert.pem")).run() == OK


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ([b"", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", None], RESET),
        ([b"", None], RESET),
        ([b"", b"SSH-2.0-OpenSSH_9.2\r\n\r\n"], BAD_REPLY),
    ],
)
def test_failures_have_the_names_they_have_everywhere(serve, lane, script, outcome):
    """The client is another, the outcomes are the same."""
    assert lane(serve(script).url).run() == outcome


def test_nobody_listening_is_refused(lane):
    """No connection could be made."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert lane(f"http://127.0.0.1:{free.getsockname()[1]}").run() == REFUSED


def test_a_request_that_is_given_up_does_not_hold_the_lane(serve, lane):
    """The next one goes over a new connection."""
    its = lane(serve([b""], [b"", OK_REPLY]).url)
    its.begin()
    gevent.sleep(0.05)
    its.lane.give_up()
    its.lane.arrival = None
    assert its.run() == OK


def test_a_client_that_cannot_reach_the_target_is_refused_before_the_load():
    """The fast one speaks no TLS, and a file of authorities must be one."""

    class Route:
        class address:  # noqa: N801 - stands for an attribute
            tls = True

    with pytest.raises(HarnessError, match="plain HTTP"):
        lane_maker(TargetSpec(client="fast"), Route())
    with pytest.raises(HarnessError, match="cannot be read"):
        lane_maker(TargetSpec(verify="/nowhere.pem"), Route())
