"""Retrieval over HTTP: modes, filters, facets, pages, snippets, streams, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import orjson
import pytest

from target_stub.document import Document
from target_stub.embedders.hashing import HashingEmbedder
from target_stub.embedding import InlineEmbedding
from target_stub.rerank import VectorReranker

Serve = Callable[..., Any]
CAKE = {"id": "cake", "title": "Bake a cake", "text": "Flour <b>eggs</b> sugar.", "package": "own", "kind": "recipe"}


def ids(answer: Any) -> list[str]:
    assert answer.status == 200, answer.body
    return [result["id"] for result in answer.json["results"]]


@pytest.mark.parametrize("mode", ["vector", "keyword", "hybrid"])
def test_every_mode_finds_what_is_looked_for(client: Any, mode: str) -> None:
    """By meaning, by words, by both; each with its stages in the header."""
    answer = client.search(query="tune the violin strings", mode=mode)
    assert ids(answer)[0] == "hobby.violin"
    assert answer.json["mode"] == mode
    timing = answer.headers["Server-Timing"]
    assert [stage in timing for stage in ("keyword;", "ann;", "fuse;")] == {
        "vector": [False, True, False],
        "keyword": [True, False, False],
        "hybrid": [True, True, True],
    }[mode]


@pytest.mark.parametrize("mode", ["vector", "keyword", "hybrid"])
def test_pages_show_everything_once_in_the_same_order(client: Any, mode: str) -> None:
    """Page by page, the results are those of one large page."""
    asked = {"query": "the wind, the board, the garden and bread", "mode": mode}
    whole = ids(client.search(**asked, k=100))
    seen, cursor = [], None
    while True:
        page = client.search(**asked, k=2, **({"cursor": cursor} if cursor else {}))
        seen += ids(page)
        cursor = page.json["next"]
        if cursor is None:
            break
    assert seen == whole
    assert len(whole) == len({*whole}) > 2


def test_a_cursor_that_leads_nowhere_is_a_clear_refusal(client: Any) -> None:
    """Forged, of another search, or from before the documents changed."""
    cursor = client.search(query="bread", k=1).json["next"]
    forged = client.search(query="bread", k=1, cursor="A" + cursor[1:])
    foreign = client.search(query="wind", k=1, cursor=cursor)
    client.post("/api/documents", json={"documents": [CAKE]})
    stale = client.search(query="bread", k=1, cursor=cursor)
    assert [its.status for its in (forged, foreign, stale)] == [400] * 3
    assert [its.json["code"] for its in (forged, foreign, stale)] == ["bad_cursor", "foreign_cursor", "stale_cursor"]


@pytest.mark.parametrize("mode", ["vector", "keyword", "hybrid"])
def test_filters_and_facets_count_the_same_documents(client: Any, mode: str) -> None:
    """Only what the filter lets pass is found; facets tell how many have each value."""
    client.post("/api/documents", json={"documents": [CAKE]})
    found = client.search(query="bake bread or cake", mode=mode, filter={"package": ["own"]}, facets=["kind"])
    assert ids(found) == ["cake"]
    assert {"value": "recipe", "count": 1} in found.json["facets"]["kind"]
    assert ids(client.search(query="bake bread", mode=mode, filter={"kind": "nothing"})) == []


def test_snippets_mark_words_and_escape_the_rest(client: Any) -> None:
    """A hostile text stays text."""
    client.post("/api/documents", json={"documents": [CAKE]})
    (best, *_) = client.search(query="eggs", mode="keyword", snippets=True, with_text=True).json["results"]
    assert best["snippet"]["text"] == "Flour &lt;b&gt;<mark>eggs</mark>&lt;/b&gt; sugar."
    assert best["text"] == CAKE["text"]


def test_a_threshold_leaves_out_what_scores_less(client: Any) -> None:
    """Nothing below it, everything above it."""
    scores = [its["score"] for its in client.search(query="bread in the oven").json["results"]]
    kept = client.search(query="bread in the oven", score_threshold=scores[1]).json["results"]
    assert [its["score"] for its in kept] == [its for its in scores if its >= scores[1]]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"rerank": {"top": 5}}, "rerank_off"),
        ({"mode": "magic"}, "unknown_value"),
        ({"filter": {"colour": "red"}}, "unknown_field"),
        ({"filter": {"package": []}}, "out_of_range"),
        ({"facets": ["colour"]}, "unknown_value"),
        ({"fusion": {"weight": 2}}, "out_of_range"),
        ({"k": 0}, "out_of_range"),
        ({"k": 10**6}, "out_of_range"),
        ({"query": "x" * 10_000}, "out_of_range"),
    ],
)
def test_what_cannot_be_done_is_refused(client: Any, body: dict[str, Any], code: str) -> None:
    """With the code that names it."""
    refused = client.search(**{"query": "bread", **body})
    assert (refused.status, refused.json["code"]) == (400, code)


def test_without_the_index_over_words_its_modes_are_refused(serve: Serve) -> None:
    """With the next step."""
    refused = serve(keyword="off").search(query="bread", mode="hybrid")
    assert (refused.status, refused.json["code"]) == (400, "keyword_off")
    assert "--keyword bm25" in refused.json["detail"]


def events(body: bytes) -> list[tuple[str, Any]]:
    found = []
    for block in body.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            found.append((lines["event"], orjson.loads(lines["data"])))
    return found


def test_a_stream_tells_each_stage_and_ends_with_what_it_took(client: Any) -> None:
    """Words first, then both; what a plain search answers comes last; a cached answer comes at once."""
    asked = {"query": "tune the violin", "mode": "hybrid"}
    told = events(client.post("/api/search/stream", json=asked).body)
    assert [(name, its.get("stage")) for name, its in told] == [
        ("results", "keyword"),
        ("results", "fused"),
        ("done", None),
    ]
    assert told[1][1]["results"] == client.search(**asked).json["results"]
    again = client.get("/api/search/stream?query=tune+the+violin&mode=hybrid")
    assert again.headers["Content-Type"].startswith("text/event-stream")
    assert [its.get("stage") for _, its in events(again.body)] == ["cached", None]
    refused = client.get("/api/search/stream?query=a&size=3")
    assert (refused.status, refused.json["code"]) == (400, "unknown_field")


def test_the_better_model_decides_by_its_share(documents: tuple[Document, ...]) -> None:
    """Vectors made beforehand and those of documents added since give the same cosines."""
    import asyncio

    embedder = HashingEmbedder(64)
    vectors = embedder.embed([document.passage for document in documents])
    place = InlineEmbedding(embedder, lambda _: None)
    expected = vectors @ embedder.embed(["the wind"])[0]
    for known in (6, 3):
        reranker = VectorReranker(vectors[:known], place, 0.5)
        assert np.allclose(asyncio.run(reranker.similarities("the wind", range(6), documents)), expected)
