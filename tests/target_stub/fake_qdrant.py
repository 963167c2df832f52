"""A Qdrant server in a thread, for tests: the part of its REST API that the index uses, over exact search in numpy.

Written from Qdrant's OpenAPI description: paths, bodies, the `{"result", "status", "time"}` envelope, 404 for an
unknown collection, 401 for a wrong API key, 400 for what it does not understand. It knows no graph, so everything it
finds is right; what is tested against it is the conversation, not the recall.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import orjson

ROUTE = re.compile(r"/collections/(?P<name>[^/]+)(?P<rest>/.*)?")
CONFIG = {
    "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10_000},
    "optimizer_config": {
        "deleted_threshold": 0.2,
        "vacuum_min_vector_number": 1000,
        "default_segment_number": 0,
        "flush_interval_sec": 5,
    },
    "wal_config": {"wal_capacity_mb": 32, "wal_segments_ahead": 0},
}


class RefusalError(Exception):
    """A status and what is told with it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Held:
    """A collection."""

    created: dict[str, Any]
    points: dict[int, tuple[list[float], dict[str, Any]]] = field(default_factory=dict)
    indexed: set[str] = field(default_factory=set)


class FakeQdrant:
    """The server; `trouble` is a status to answer every search with, `status` that of all collections."""

    def __init__(self, api_key: str = "") -> None:
        self.collections: dict[str, Held] = {}
        self.searches: list[dict[str, Any]] = []
        self.trouble = 0
        self.status = "green"
        self.api_key = api_key
        handler = type("BoundHandler", (Handler,), {"fake": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, path: str, body: Any) -> Any:
        route = ROUTE.fullmatch(path)
        if route is None:
            raise RefusalError(404, f"no route {path}")
        name, rest = route["name"], route["rest"] or ""
        match method, rest:
            case "GET", "/exists":
                return {"exists": name in self.collections}
            case "PUT", "":
                if name in self.collections:
                    raise RefusalError(409, f"Collection `{name}` already exists!")
                self.collections[name] = Held(body)
                return True
            case "DELETE", "":
                return self.collections.pop(name, None) is not None
        if name not in self.collections:
            raise RefusalError(404, f"Not found: Collection `{name}` doesn't exist!")
        return self._of_held(self.collections[name], method, rest, body)

    def _of_held(self, held: Held, method: str, rest: str, body: Any) -> Any:
        match method, rest:
            case "GET", "":
                return self._info(held)
            case "PUT", "/index":
                held.indexed.add(body["field_name"])
                return {"operation_id": 0, "status": "completed"}
            case "PUT", "/points":
                batch = body["batch"]
                for number, vector, payload in zip(batch["ids"], batch["vectors"], batch["payloads"], strict=True):
                    if len(vector) != held.created["vectors"]["size"]:
                        raise RefusalError(400, "Wrong input: Vector dimension error")
                    held.points[number] = (vector, payload)
                return {"operation_id": 1, "status": "completed"}
            case "POST", "/points/count":
                return {"count": len(held.points)}
            case "POST", "/points/query":
                return self._query(held, body)
        raise RefusalError(404, f"no route {method} {rest}")

    def _info(self, held: Held) -> dict[str, Any]:
        return {
            "status": self.status,
            "optimizer_status": "ok",
            "points_count": len(held.points),
            "indexed_vectors_count": len(held.points),
            "segments_count": 1,
            "config": {"params": {"vectors": held.created["vectors"]}, **CONFIG},
            "payload_schema": {},
        }

    def _query(self, held: Held, body: dict[str, Any]) -> dict[str, Any]:
        self.searches.append(body)
        if self.trouble:
            raise RefusalError(self.trouble, "trouble")
        conditions = (body.get("filter") or {}).get("must", [])
        if unindexed := {its["key"] for its in conditions} - held.indexed:
            raise RefusalError(400, f"Index required but not found for {unindexed}")
        passing = sorted(
            number
            for number, (_, payload) in held.points.items()
            if all(payload[its["key"]] in its["match"]["any"] for its in conditions)
        )
        vectors = np.array([held.points[number][0] for number in passing], np.float32)
        scores = vectors @ np.array(body["query"]["nearest"], np.float32) if passing else np.empty(0)
        best = np.argsort(-scores, kind="stable")[: body["limit"]]
        return {"points": [{"id": passing[place], "version": 0, "score": float(scores[place])} for place in best]}


class Handler(BaseHTTPRequestHandler):
    """Reads a request, asks the fake, and writes Qdrant's envelope."""

    fake: FakeQdrant
    protocol_version = "HTTP/1.1"

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, told = 200, "ok"
        result = None
        try:
            if self.fake.api_key and self.headers.get("api-key") != self.fake.api_key:
                raise RefusalError(401, "Must provide an API key or an Authorization bearer token")
            result = self.fake.answer(self.command, urlsplit(self.path).path, orjson.loads(body) if body else None)
        except RefusalError as refusal:
            status, told = refusal.status, {"error": str(refusal)}
        content = orjson.dumps({"result": result, "status": told, "time": 0.0001})
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = _handle  # noqa: N815 (as the library asks for them)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
