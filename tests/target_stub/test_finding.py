"""Finding: the same answers in the event loop and in threads, which may all search at once."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest

from target_stub.collection import Collection
from target_stub.embedders.hashing import HashingEmbedder
from target_stub.filter import Filter
from target_stub.finding import make_finding

QUERY = HashingEmbedder(64).embed(["tune the violin strings"])[0]


@pytest.mark.parametrize("threads", [0, 2])
def test_what_is_found_does_not_depend_on_the_place(collection: Collection, threads: int) -> None:
    """Every argument arrives: k, exact, ef and the filter."""
    finding = make_finding(collection, threads)
    where = Filter(kinds=frozenset({"advice"}))
    try:
        found = asyncio.run(finding.find(QUERY, 3, exact=True, ef=7, where=where))
        assert found == collection.nearest(QUERY, 3)
        assert collection[found[0][0]].id == "hobby.violin"
        assert asyncio.run(finding.find(QUERY, 3, where=Filter(kinds=frozenset({"none"})))) == []
    finally:
        finding.close()


def test_threads_search_at_the_same_time(collection: Collection) -> None:
    """Two searches that wait for each other both end."""
    both = threading.Barrier(2, timeout=60)

    class Meeting:
        name = "meeting"

        def search(self, *_: object) -> list[tuple[int, float]]:
            both.wait()
            return [(0, 1.0)]

    collection.index = Meeting()
    finding = make_finding(collection, 2)

    async def two() -> list[object]:
        return await asyncio.gather(*(finding.find(np.zeros(256, np.float32), 1) for _ in range(2)))

    try:
        assert asyncio.run(two()) == [[(0, 1.0)], [(0, 1.0)]]
    finally:
        finding.close()
