"""The server as a real process: it announces itself, drains, and says in two lines why it cannot run."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from target_stub.errors import ConfigError
from target_stub.listening import bind, url_of

Wait = Callable[[Callable[[], object]], None]


class Server:
    """A running `python -m target_stub` over a folder of texts."""

    def __init__(self, folder: Path, number: int, *flags: str) -> None:
        self.announced = folder / f"announce-{number}.json"
        self.log = folder / f"server-{number}.log"
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "target_stub", "serve", "--port=0", f"--announce={self.announced}"),
                    *(f"--corpus={folder / 'texts'}", "--embedder=hashing", *flags),
                ],
                env={**os.environ, "TENFOLD_CACHE_DIR": str(folder / "cache")},
                stderr=log,
            )

    @property
    def url(self) -> str:
        return str(json.loads(self.announced.read_text())["url"])

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return self.announced.exists() and self.get("/readyz")[0] == 200

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def get(self, path: str) -> tuple[int, Any]:
        status, body = self.call("GET", path)
        return status, json.loads(body)

    def search(self, query: str) -> Any:
        body = json.dumps({"query": query, "k": 1}).encode()
        status, answer = self.call("POST", "/api/search", body, **{"Content-Type": "application/json"})
        assert status == 200
        return json.loads(answer)

    def in_flight(self) -> float:
        text = self.call("GET", "/metrics")[1].decode()
        return float(text.partition("\nhttp_server_requests_in_flight ")[2].partition("\n")[0])

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    texts = tmp_path / "texts"
    texts.mkdir()
    for subject in ("bread", "violin", "sailing", "chess"):
        (texts / f"{subject}.txt").write_text(f"About {subject}\nAll there is to know of {subject}.\n")
    return tmp_path


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def begin(*flags: str) -> Server:
        servers.append(Server(folder, len(servers), *flags))
        return servers[-1]

    yield begin
    for server in servers:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


def test_it_prepares_announces_answers_and_ends(start: Callable[..., Server], wait_for: Wait) -> None:
    """From an empty cache to an answer, and after SIGTERM to exit code 0."""
    server = start()
    wait_for(server.ready)
    assert json.loads(server.announced.read_text()) == {"url": server.url, "pid": server.process.pid}
    assert server.search("about chess")["results"][0]["id"] == "chess.txt"
    assert server.get("/admin/config")[1]["config"]["port"] == 0
    assert server.end() == 0
    assert "ready: 4 documents of texts" in server.log.read_text()
    assert "Traceback" not in server.log.read_text()


def test_ctrl_c_ends_it_as_well(start: Callable[..., Server], wait_for: Wait) -> None:
    """SIGINT drains like SIGTERM."""
    server = start()
    wait_for(server.ready)
    assert server.end(signal.SIGINT) == 0


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=60)


def refuses(server: Server) -> bool:
    try:
        connect(server).close()
    except ConnectionRefusedError:
        return True
    return False


REQUEST = b'{"query": "about violin", "k": 1}'
HEAD = b"POST /api/search HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


def test_a_running_request_is_finished_before_it_ends(start: Callable[..., Server], wait_for: Wait) -> None:
    """SIGTERM in the middle of a request: nobody new is let in, the one inside gets its answer, then it ends with 0."""
    server = start()
    wait_for(server.ready)
    with connect(server) as connection:
        connection.sendall(HEAD % len(REQUEST) + REQUEST[:10])
        wait_for(lambda: server.in_flight() == 1)
        server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: refuses(server))
        assert server.process.poll() is None
        connection.sendall(REQUEST[10:])
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b'"id":"violin.txt"' in answer
    assert server.process.wait(60) == 0


def test_a_request_that_never_ends_is_not_waited_for_for_ever(start: Callable[..., Server], wait_for: Wait) -> None:
    """The drain is bounded by its switch."""
    server = start("--drain-timeout-s=0.2")
    wait_for(server.ready)
    with connect(server) as connection:
        connection.sendall(HEAD % len(REQUEST) + REQUEST[:10])
        wait_for(lambda: server.in_flight() == 1)
        assert server.end() == 0


def test_a_taken_port_is_two_lines_and_exit_code_2(folder: Path) -> None:
    """The port is named, and what to do about it; nothing is prepared for it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "target_stub",
                f"--port={port}",
                f"--corpus={folder / 'texts'}",
                "--embedder=hashing",
            ],
            env={**os.environ, "TENFOLD_CACHE_DIR": str(folder / "cache")},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 2
    what, hint = done.stderr.splitlines()
    assert what == f"port {port} on 127.0.0.1 is taken"
    assert "--port 0" in hint
    assert not (folder / "cache").exists()


def test_a_mistake_found_while_preparing_ends_it_with_2(start: Callable[..., Server], folder: Path) -> None:
    """The child that prepares tells it in its two lines, and the service ends with the same code."""
    for path in (folder / "texts").iterdir():
        path.unlink()
    server = start()
    assert server.process.wait(60) == 2
    assert "the corpus texts holds no document" in server.log.read_text()
    assert "Traceback" not in server.log.read_text()


def test_an_announcement_of_an_earlier_service_is_gone_at_once(folder: Path) -> None:
    """Whoever waits for the file must not be led to an address that nobody listens on any more."""
    announced = folder / "announce.json"
    announced.write_text('{"url": "http://127.0.0.1:1", "pid": 1}')
    command = [sys.executable, "-m", "target_stub", f"--announce={announced}", f"--corpus={folder / 'none'}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "no corpus" in done.stderr
    assert not announced.exists()


def test_killed_at_any_time_it_leaves_a_cache_to_start_from(start: Callable[..., Server], wait_for: Wait) -> None:
    """After kill -9 while preparing, and again while serving, the next one starts and answers."""
    first = start()
    wait_for(first.announced.exists)
    first.end(signal.SIGKILL)
    second = start()
    wait_for(second.ready)
    second.end(signal.SIGKILL)
    third = start()
    wait_for(third.ready)
    assert third.search("about sailing")["results"][0]["id"] == "sailing.txt"
    assert "damaged" not in third.log.read_text()
    assert third.end() == 0


def test_a_damaged_cache_is_made_again_before_it_is_served_from(
    start: Callable[..., Server], wait_for: Wait, folder: Path
) -> None:
    """A truncated index is noticed at the start, told in the log and mended."""
    first = start("--index=qdrant")
    wait_for(first.ready)
    assert first.end() == 0
    (graph,) = (folder / "cache" / "indexes").rglob("graph.bin")
    os.truncate(graph, graph.stat().st_size // 2)
    second = start("--index=qdrant")
    wait_for(second.ready)
    assert second.search("about bread")["results"][0]["id"] == "bread.txt"
    assert "graph.bin has" in second.log.read_text()
    assert second.end() == 0


def test_two_services_start_from_one_cache_at_the_same_time(start: Callable[..., Server], wait_for: Wait) -> None:
    """Both prepare at once, one does the work, both answer from the same files."""
    one, other = start("--index=qdrant"), start("--index=qdrant")
    wait_for(one.ready)
    wait_for(other.ready)
    assert one.search("about chess") == other.search("about chess")
    assert (one.end(), other.end()) == (0, 0)


def test_it_stops_while_it_prepares(start: Callable[..., Server], wait_for: Wait) -> None:
    """SIGTERM before it is ready ends it and its child, with exit code 0."""
    server = start("--corpus=stdlib")
    wait_for(server.announced.exists)
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    wait_for(lambda: children.read_text())
    child = int(children.read_text().split()[0])
    assert server.end() == 0
    wait_for(lambda: not Path(f"/proc/{child}").exists())


def test_it_does_not_outlive_the_program_that_started_it(tmp_path: Path, folder: Path, wait_for: Wait) -> None:
    """With --parent, kill -9 of the starter leaves no service behind, nor what was preparing for it."""
    announced = tmp_path / "announced.json"
    code = (
        "import os, subprocess, sys;"
        "subprocess.run([sys.executable, '-m', 'target_stub', '--port=0', f'--parent={os.getpid()}', *sys.argv[1:]])"
    )
    flags = [f"--announce={announced}", f"--corpus={folder / 'texts'}", "--embedder=hashing"]
    environ = {**os.environ, "TENFOLD_CACHE_DIR": str(folder / "cache")}
    starter = subprocess.Popen([sys.executable, "-c", code, *flags], env=environ, stderr=subprocess.DEVNULL)
    wait_for(announced.exists)
    service = int(json.loads(announced.read_text())["pid"])
    starter.kill()
    starter.wait()
    wait_for(lambda: not Path(f"/proc/{service}").exists())


def test_an_address_is_told_as_it_can_be_reached() -> None:
    """A wildcard address is reached by loopback; IPv6 goes in brackets."""
    with bind("127.0.0.1", 0) as bound:
        assert url_of(bound) == f"http://127.0.0.1:{bound.getsockname()[1]}"
    with bind("0.0.0.0", 0) as bound:
        assert url_of(bound) == f"http://127.0.0.1:{bound.getsockname()[1]}"
    with bind("::1", 0) as bound:
        assert url_of(bound) == f"http://[::1]:{bound.getsockname()[1]}"


def test_an_address_that_cannot_be_had_is_told() -> None:
    """A name nobody knows, and an address of another machine."""
    with pytest.raises(ConfigError, match=r"no address 'no\.such\.host\.invalid'"):
        bind("no.such.host.invalid", 0)
    with pytest.raises(ConfigError, match=r"cannot listen on 192\.0\.2\.1"):
        bind("192.0.2.1", 0)
