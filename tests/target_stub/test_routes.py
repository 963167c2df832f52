"""Routes: what each path answers over HTTP, and that every answer says how it came about."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from target_stub.preparation import Step

Serve = Callable[..., Any]


def test_a_search_answers_the_nearest_documents(client: Any) -> None:
    """Best first, with what was asked, by which index, and over which documents."""
    answer = client.search(query="tune the violin strings", k=2)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert set(answer.json) == {"results", "k", "mode", "index", "corpus", "next"}
    assert len(answer.json["results"]) == 2
    assert answer.json["results"][0]["id"] == "hobby.violin"
    assert set(answer.json["results"][0]) == {"id", "score", "title", "package", "kind"}
    assert (answer.json["k"], answer.json["mode"], answer.json["index"]) == (2, "vector", "exact")


def test_the_headers_tell_what_the_cache_did_and_where_the_time_went(client: Any) -> None:
    """A miss names all stages that happened, in milliseconds; a hit names the cache's alone."""
    miss, hit = client.search(query="bread"), client.search(query="bread")
    assert (miss.headers["X-Cache"], hit.headers["X-Cache"]) == ("miss", "hit")
    assert miss.body == hit.body
    names = re.findall(r"(\w+);dur=\d+\.\d{3}", miss.headers["Server-Timing"])
    assert names == ["cache", "queue", "embed", "ann", "serialise"]
    assert re.fullmatch(r"cache;dur=\d+\.\d{3}", hit.headers["Server-Timing"])
    assert re.fullmatch(r"\d+\.\d\dms", hit.headers["X-Response-Time"])


def test_equal_searches_at_one_time_are_coalesced(client: Any) -> None:
    """One is computed, the others say that they shared it."""
    answers = client.together(*[{"query": "sailing"}] * 4)
    assert sorted(answer.headers["X-Cache"] for answer in answers) == ["coalesced", "coalesced", "coalesced", "miss"]
    assert len({answer.body for answer in answers}) == 1


def test_bypass_and_exact_judge_without_touching_the_cache(client: Any) -> None:
    """How the harness asks for the truth: by the exact scan, and past the cache."""
    truth = {"query": "bread", "params": {"exact": True}, "cache": "bypass"}
    assert [client.search(**truth).headers["X-Cache"] for _ in range(2)] == ["off", "off"]
    assert client.search(query="bread").headers["X-Cache"] == "miss"
    assert client.search(query="bread", params={"hnsw_ef": 7}).headers["X-Cache"] == "miss"
    assert client.metric('cache_entries{cache="l1"}') == 2


def test_the_naive_profile_says_that_its_cache_is_off(serve: Serve) -> None:
    """Nothing is cached, nothing shared, nothing queued."""
    client = serve(cache="off", single_flight=False, embed_in_thread="off")
    answers = client.together(*[{"query": "bread"}] * 3)
    assert {answer.headers["X-Cache"] for answer in answers} == {"off"}
    assert re.findall(r"(\w+);", answers[0].headers["Server-Timing"]) == ["embed", "ann", "serialise"]


@pytest.mark.parametrize(
    "query",
    [
        "'; DROP TABLE documents; --",
        "<script>alert(1)</script>",
        "\u202eabc",
        "😀" * 500,
        "a\x00b",
        "%00%n{}{0}",
        "\ufdd0",
    ],
)
def test_hostile_queries_are_answered_like_any_other(client: Any, query: str) -> None:
    """They are words to look for, and nothing else."""
    answer = client.search(query=query)
    assert answer.status == 200
    # of signs alone the hashing embedder knows nothing, and what is near to nothing is not found
    assert len(answer.json["results"]) == (6 if any(letter.isalnum() for letter in query) else 0)


def test_documents_are_listed_page_by_page(client: Any, documents: tuple[Any, ...]) -> None:
    """Every document comes once, in an order that does not change; the last page has no next one."""
    seen, cursor, pages = [], "", 0
    while cursor is not None:
        page = client.get(f"/api/documents?limit=4{f'&cursor={cursor}' if cursor else ''}").json
        assert page["total"] == 6
        seen += page["documents"]
        cursor, pages = page["next"], pages + 1
    assert pages == 2
    assert [document["id"] for document in seen] == [document.id for document in documents]
    assert seen[0] == {"id": "hobby.bread", "title": "How to practise bread", "package": "hobby", "kind": "advice"}
    assert client.get("/api/documents?cursor=6").json == {"documents": [], "next": None, "total": 6}
    assert client.get("/api/documents?limit=0").error["field"] == "/limit"


CAKE = {"id": "cake", "title": "Bake a cake", "text": "Flour, eggs and sugar.", "package": "own", "kind": "recipe"}


def test_added_documents_are_searchable_at_once(client: Any) -> None:
    """Also by a query that was answered, and cached, before."""
    client.search(query="bake a cake with sugar", k=1)
    added = client.post("/api/documents", json={"documents": [CAKE, {"title": "Tea", "text": "Hot water."}]})
    assert (added.status, added.json["total"]) == (201, 8)
    assert added.json["ids"][0] == "cake"
    answer = client.search(query="bake a cake with sugar", k=1)
    assert answer.headers["X-Cache"] == "miss"
    assert {name: answer.json["results"][0][name] for name in ("id", "package", "kind")} == {
        "id": "cake",
        "package": "own",
        "kind": "recipe",
    }
    assert client.get("/api/documents?cursor=6").json["total"] == 8
    assert client.metric('search_index_elements{index="exact"}') == 8


def test_adding_the_same_document_again_changes_nothing(client: Any) -> None:
    """A client that is not sure whether its request arrived may repeat it."""
    tea = {"title": "Tea", "text": "Hot water."}
    first = client.post("/api/documents", json={"documents": [CAKE, tea]})
    again = client.post("/api/documents", json={"documents": [tea, CAKE, tea]})
    assert (first.json["total"], again.json["total"]) == (8, 8)
    assert again.json["ids"] == [first.json["ids"][1], "cake", first.json["ids"][1]]


def test_another_document_under_a_taken_id_is_refused(client: Any) -> None:
    """Status 409; nothing of the request is added."""
    client.post("/api/documents", json={"documents": [CAKE]})
    refused = client.post("/api/documents", json={"documents": [{"title": "New", "text": ""}, {**CAKE, "text": "Ha."}]})
    assert (refused.status, refused.error["code"], refused.error["field"]) == (409, "conflict", "/documents/1/id")
    assert "'cake'" in refused.error["detail"]
    assert client.get("/api/documents").json["total"] == 7


def test_two_requests_that_add_the_same_document_at_once_both_succeed(client: Any) -> None:
    """Whoever is second finds it there."""
    bodies = [{"documents": [CAKE]}] * 3

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*(client.call("POST", "/api/documents", json=body) for body in bodies))

    answers = client._runner.run(all_at_once())
    assert [(answer.status, answer.json["total"]) for answer in answers] == [(201, 7)] * 3


def test_a_service_that_loads_is_alive_but_not_ready(serve: Serve) -> None:
    """Probes can tell; searches are refused with the time to try again, and counted as shed."""
    client = serve(ready=False)
    assert (client.get("/healthz").status, client.get("/healthz").json) == (200, {"status": "ok"})
    assert (client.get("/readyz").status, client.get("/readyz").json) == (
        503,
        {"ready": False, "waiting_for": "corpus"},
    )
    client.service.readiness.waits_for(Step.VECTORS, 32, 70)
    assert client.get("/readyz").json == {"ready": False, "waiting_for": "vectors", "done": 32, "total": 70}
    refused = client.search(query="bread")
    assert (refused.status, refused.error["code"], refused.headers["Retry-After"]) == (503, "not_ready", "1")
    assert client.get("/api/documents").status == 503
    assert client.metric('http_server_requests_shed_total{reason="not_ready"}') == 2
    assert client.get("/admin/config").json["corpus"] is None


def test_a_service_that_drains_takes_no_new_searches(serve: Serve) -> None:
    """On connections that are still open, it says that it is going."""
    client = serve()
    assert (client.get("/readyz").status, client.get("/readyz").json) == (200, {"ready": True})
    client.service.readiness.draining = True
    assert (client.get("/readyz").status, client.get("/readyz").json) == (
        503,
        {"ready": False, "waiting_for": "draining"},
    )
    assert client.get("/healthz").status == 200
    refused = client.search(query="bread")
    assert (refused.status, refused.error["code"], refused.headers["Connection"]) == (503, "draining", "close")
    assert client.metric('http_server_requests_shed_total{reason="draining"}') == 1


def test_the_configuration_is_told_with_everything_that_matters(serve: Serve) -> None:
    """What a run must write down to be comparable with another."""
    told = serve(index_ef=77, profile="mine").get("/admin/config").json
    assert told["profile"] == "mine"
    assert told["config"]["index_ef"] == 77
    assert told["corpus"] == {"name": "hobbies", "sha256": "0" * 64, "documents": 6}
    assert told["embedder"] == {"name": "hashing", "version": "hashing-crc32-1-t64", "dim": 256, "runs_in": "thread"}
    assert told["index"] == {"name": "exact", "vectors": 6, "switches": {}}
    assert {"python", "aiohttp", "uvloop", "numpy", "qdrant-edge-py"} <= set(told["versions"])


def test_the_routes_are_told_to_people_and_to_programs(client: Any) -> None:
    """A browser gets a page without a script; anything else gets JSON, at `/` too."""
    listed = client.get("/routes").json
    assert {"method": "POST", "path": "/api/search"}.items() <= listed["routes"][0].items()
    assert client.get("/").json == listed
    page = client.get("/routes", headers={"Accept": "text/html,*/*", "Host": "<script>"})
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    text = page.body.decode()
    assert "<title>" in text
    assert "Ready." in text
    assert "<script" not in text
    assert all(route["path"] in text for route in listed["routes"])


def test_the_page_says_what_is_waited_for(serve: Serve) -> None:
    """A person who opens it too early reads why nothing is found."""
    assert "waiting for: corpus" in serve(ready=False).get("/routes", headers={"Accept": "text/html"}).body.decode()


def test_a_body_above_the_limit_is_refused(serve: Serve) -> None:
    """Status 413, told by its length or found out while reading; one just at the limit passes."""
    client = serve(max_body_bytes=1000)
    headers = {"Content-Type": "application/json"}
    body = json.dumps({"query": "bread"}).ljust(1000).encode()
    assert client.post("/api/search", data=body, headers=headers).status == 200
    told = client.post("/api/search", data=body + b" ", headers=headers)
    assert (told.status, told.error["code"]) == (413, "body_too_large")
    assert "1000 bytes" in told.error["detail"]

    async def in_pieces() -> Any:
        async def pieces() -> Any:
            for _ in range(4):
                yield body[:500].ljust(500)

        return await client.call("POST", "/api/search", data=pieces(), headers=headers)

    found_out = client._runner.run(in_pieces())
    assert (found_out.status, found_out.error["code"]) == (413, "body_too_large")


def test_a_body_that_is_not_what_its_encoding_says_is_refused(client: Any) -> None:
    """A broken gzip body is the client's mistake."""
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    refused = client.post("/api/search", data=b"no gzip", headers=headers)
    assert (refused.status, refused.error["code"]) == (400, "invalid_body")


def test_wrong_methods_paths_and_types_are_told_in_json(client: Any) -> None:
    """Status 405 with what is allowed, 404, 415."""
    wrong_method = client.get("/api/search")
    assert (wrong_method.status, wrong_method.headers["Allow"]) == (405, "POST")
    assert (wrong_method.error["code"], wrong_method.error["known"]) == ("method_not_allowed", ["POST"])
    assert client.request("DELETE", "/api/documents").headers["Allow"] == "GET, HEAD, POST"
    nowhere = client.get("/api/nothing")
    assert (nowhere.status, nowhere.error["code"]) == (404, "not_found")
    assert client.get("/api/search/").status == 404
    text = client.post("/api/search", data=b'{"query": "q"}', headers={"Content-Type": "text/plain"})
    assert (text.status, text.error["code"], text.error["known"]) == (
        415,
        "unsupported_media_type",
        ["application/json"],
    )


def test_head_is_answered_without_a_body(client: Any) -> None:
    """Probes that use HEAD get the headers of GET."""
    answer = client.request("HEAD", "/healthz")
    assert (answer.status, answer.body) == (200, b"")
