"""Several processes behind one port, as real processes: none is missed when it dies, and none is left behind."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from target_stub.errors import ConfigError
from target_stub.listening import bind, reserve
from target_stub.membership import Membership
from tests.target_stub.test_server import Server

Wait = Callable[[Callable[[], object]], None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests here, so that the documents are prepared once."""
    tmp_path = tmp_path_factory.mktemp("pool")
    texts = tmp_path / "texts"
    texts.mkdir()
    for subject in ("bread", "violin", "sailing", "chess"):
        (texts / f"{subject}.txt").write_text(f"About {subject}\nAll there is to know of {subject}.\n")
    return tmp_path


class PoolServer(Server):
    """A service of two processes."""

    def __init__(self, folder: Path, number: int) -> None:
        self.targets = folder / f"targets-{number}.json"
        super().__init__(folder, number, "--workers=2", f"--metrics-targets-file={self.targets}")

    def workers(self) -> list[dict[str, Any]]:
        return list(self.get("/admin/workers")[1]["workers"])

    def pids(self) -> dict[int, int]:
        return {its["worker"]: its["pid"] for its in self.workers() if its["state"] == "ready"}

    def answered(self) -> bool:
        """Search on a new connection; a connection that a dying process had taken may be reset."""
        body = json.dumps({"query": "about chess", "k": 1}).encode()
        return self.call("POST", "/api/search", body, **{"Content-Type": "application/json"})[0] == 200


def get(url: str, path: str) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


@pytest.fixture
def pool(folder: Path, wait_for: Wait) -> Iterator[PoolServer]:
    server = PoolServer(folder, len(list(folder.glob("server-*.log"))))
    wait_for(server.ready)
    yield server
    if server.process.poll() is None:
        server.process.kill()
        server.process.wait()


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _end_in_a_request(pool: PoolServer, wait_for: Wait) -> None:
    pids = pool.pids()
    body = b'{"query": "about violin", "k": 1}'
    connection = http.client.HTTPConnection("127.0.0.1", pool.port, timeout=60)
    connection.putrequest("POST", "/api/search")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body[:10])
    urls = [its["url"] for its in pool.workers()]
    wait_for(lambda: any("http_server_requests_in_flight 1.0" in get(url, "/metrics")[2] for url in urls))
    ended: list[int] = []
    ending = threading.Thread(target=lambda: ended.append(pool.end()))
    ending.start()
    wait_for(lambda: "draining: 1 requests" in pool.log.read_text())
    connection.send(body[10:])
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["results"][0]["id"]) == (200, "violin.txt")
    connection.close()
    ending.join(60)
    assert ended == [0]
    assert not any(alive(pid) for pid in pids.values())
    assert not pool.targets.exists()


def test_each_process_is_listed_and_ends_in_order(pool: PoolServer, wait_for: Wait) -> None:
    """Ready means that both have loaded; each has metrics that say which it is, on a port of its own.

    SIGTERM reaches both; a request inside is answered, the exit code is 0, and nothing is left behind.
    """
    assert sorted(pool.pids()) == [0, 1]
    listed = {tuple(group["targets"]): group["labels"] for group in json.loads(pool.targets.read_text())}
    assert len(listed) == 2
    for worker in pool.workers():
        status, headers, text = get(worker["url"], "/metrics")
        assert (status, headers["X-Worker"]) == (200, str(worker["worker"]))
        assert f'search_service_worker_info{{worker="{worker["worker"]}"}} 1.0' in text
        assert listed[(worker["url"].removeprefix("http://"),)] == {"worker": str(worker["worker"])}
    assert get(pool.url, "/metrics")[1]["X-Worker"] in ("0", "1")
    _end_in_a_request(pool, wait_for)


def test_a_killed_process_is_replaced_and_the_other_answers_meanwhile(pool: PoolServer, wait_for: Wait) -> None:
    """After kill -9 every new request is answered, and soon by two processes again."""
    before = pool.pids()
    os.kill(before[1], signal.SIGKILL)
    wait_for(lambda: not alive(before[1]))
    statuses = [pool.answered() for _ in range(20)]
    assert all(statuses)
    wait_for(lambda: len(pool.pids()) == 2 and pool.pids()[1] != before[1])
    assert pool.pids()[0] == before[0]
    assert {its["worker"]: its["restarts"] for its in pool.workers()} == {0: 0, 1: 1}
    assert all(pool.answered() for _ in range(20))
    pids = pool.pids()
    pool.process.kill()  # and the kernel ends the workers with their parent, however that ends
    pool.process.wait()
    wait_for(lambda: not any(alive(pid) for pid in pids.values()))
    assert "worker 1 ended with signal SIGKILL" in pool.log.read_text()


def test_a_mistake_is_told_by_the_workers_and_ends_the_pool(folder: Path) -> None:
    """Exit code 2, as of a service alone; nothing is started again."""
    command = [sys.executable, "-m", "target_stub", "--workers=2", "--port=0", f"--corpus={folder / 'none'}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "no corpus" in done.stderr
    assert "starting another" not in done.stderr


def test_a_taken_port_is_told_before_anything_starts() -> None:
    """Whether its holder shares it or not: a service must not join another one's port unseen."""
    with bind("127.0.0.1", 0) as taken, pytest.raises(ConfigError, match="is taken"):
        reserve("127.0.0.1", taken.getsockname()[1])
    with bind("127.0.0.1", 0, shared=True) as shared:
        shared.listen()
        with pytest.raises(ConfigError, match="is taken"):
            reserve("127.0.0.1", shared.getsockname()[1])


def test_a_membership_is_one_word() -> None:
    """It travels on a command line, whatever the folder is called."""
    membership = Membership(3, Path("/a:b c/d"), replacement=True)
    assert Membership.parse(membership.told()) == membership
