"""What is searched before anybody waits: every stage there is, and nothing where loading is to wait."""

from __future__ import annotations

import subprocess
import sys

import pytest

from target_stub.config import Config
from target_stub.fusion import Fusion
from target_stub.warm_up import warm_up_queries


@pytest.mark.parametrize(
    ("by_words", "again", "expected"),
    [
        (False, False, {("vector", 0)}),
        (True, False, {("vector", 0), ("hybrid", 0)}),
        (True, True, {("vector", 0), ("hybrid", 50)}),
        (False, True, {("vector", 0), ("vector", 50)}),
    ],
)
def test_every_stage_there_is_is_gone_through(by_words: bool, again: bool, expected: set[tuple[str, int]]) -> None:
    """By vectors, by words with them, and ranked again; past the cache, which is to hold what people asked for."""
    queries = list(warm_up_queries(Config(rerank="minilm"), by_words=by_words, again=again))
    assert {(query.mode, query.rerank) for query in queries} == expected
    assert not any(query.use_cache for query in queries)
    assert {query.fusion for query in queries if query.mode == "hybrid"} <= {Fusion(weight=0.3)}


def test_nothing_is_searched_where_the_first_search_is_to_load_the_embedder() -> None:
    """That is what `--embedder-load first_use` is for."""
    lazy = Config(embedder_load="first_use")
    assert list(warm_up_queries(lazy, by_words=True, again=True)) == []


WARMED = """
import asyncio, sys
import numpy as np
from target_stub.collection import Collection
from target_stub.config import Config
from target_stub.corpus import Corpus
from target_stub.document import Document
from target_stub.embedders.hashing import HashingEmbedder
from target_stub.indexes.exact import ExactIndex
from target_stub.keywords.bm25 import Bm25Index
from target_stub.postings import Postings
from target_stub.preparation import Prepared
from target_stub.service import Service
from target_stub.table import Table
from target_stub.words import Words

async def start():
    document = Document("bread", "Bake bread", "Knead the dough so that it may warm up.", "hobby", "advice")
    embedder = HashingEmbedder(16)
    table = Table(embedder.embed([document.passage]), [document.label])
    language = Words()
    words = Bm25Index(Postings.of([document.passage], language), k1=1.2, b=0.75, language=language)
    service = Service(Config(embedder="hashing", index="exact"))
    collection = Collection(Corpus("one", "0" * 64, (document,)), table, ExactIndex(table), "hashing", words)
    await service.take_in(Prepared(collection, embedder))
    before = set(sys.modules)
    from target_stub.query import Query
    await service.search.answer(Query("knead bread", mode="hybrid", use_cache=False))
    print(sorted(set(sys.modules) - before))
    await service.close()

asyncio.run(start())
"""


def test_the_first_hybrid_search_imports_nothing_any_more() -> None:
    """In a fresh process; it took 0.3 s of the first search, in the event loop."""
    told = subprocess.run([sys.executable, "-c", WARMED], capture_output=True, text=True, timeout=60, check=False)
    assert told.stdout.strip() == "[]", told.stderr
