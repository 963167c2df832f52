"""The whole way with real processes: a model server, a service that asks it, and a caller."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Wait = Callable[[Callable[[], object]], None]


def start(folder: Path, name: str, *words: str) -> tuple[subprocess.Popen[bytes], Path]:
    announced = folder / f"{name}.json"
    with (folder / f"{name}.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tenfold", *words, "--port=0", f"--announce={announced}", f"--parent={os.getpid()}"],
            env={**os.environ, "TENFOLD_CACHE_DIR": str(folder / "cache")},
            stderr=log,
        )
    return process, announced


def call(url: str, method: str, path: str, body: object = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
    try:
        sent = None if body is None else json.dumps(body)
        connection.request(method, path, sent, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_question_is_answered_through_two_processes(tmp_path: Path, wait_for: Wait) -> None:
    """Sources, words, end; on connections that were warm; and both processes end with code 0."""
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "bread.txt").write_text("How to bake bread\nKnead the dough. Bake it in a hot oven.\n")
    (texts / "chess.txt").write_text("How to play chess\nMove the pawns early. Guard the king.\n")
    models, announced = start(tmp_path, "models", "serve-upstream", "--time-scale=0.1")
    started = [models]
    try:
        wait_for(announced.exists)
        url = json.loads(announced.read_text())["url"]
        flags = [f"--upstream-url={url}/v1", f"--corpus={texts}", "--embedder=hashing"]
        service, announced = start(tmp_path, "service", "serve", *flags)
        started.append(service)
        wait_for(lambda: service.poll() is not None or announced.exists())
        own = json.loads(announced.read_text())["url"]
        wait_for(lambda: call(own, "GET", "/readyz")[0] == 200)
        status, body = call(own, "POST", "/api/answer", {"question": "What is baked in a hot oven?"})
        events = [block.split(b"\n")[0] for block in body.split(b"\n\n") if block]
        assert status == 200
        assert (events[0], events[1], events[-1]) == (b"event: sources", b"event: token", b"event: done")
        assert b'"written_by":"small"' in body
        assert b'upstream_requests_total{model="small",outcome="ok"} 1.0' in call(own, "GET", "/metrics")[1]
    finally:
        for process in reversed(started):
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
    assert "Traceback" not in (tmp_path / "service.log").read_text() + (tmp_path / "models.log").read_text()
