"""WarmUp: the searches that are made before anybody waits for one.

A model's first calls are slow, and so is the first ranking by words: numpy imports a part of itself (`numpy.ma`, some
0.3 s) when candidates are first joined.
"""

from __future__ import annotations

from collections.abc import Iterator

from target_stub.config import Config
from target_stub.query import Query
from target_stub.search_request import Defaults

TEXTS = ("warm up", "the first calls of a model are slow", "so they are made before anybody waits for them")


def warm_up_queries(config: Config, *, by_words: bool, again: bool) -> Iterator[Query]:
    """Yield searches that go through every stage there is: `by_words` and `again` say whether those are.

    There are none where the embedder is to be loaded by the first search.
    """
    if config.embedder_load != "start":
        return
    defaults = Defaults.of(config)
    for text in TEXTS:
        yield Query(text, use_cache=False)
    if by_words or again:
        mode = "hybrid" if by_words else "vector"
        for text in TEXTS:
            fusion = defaults.fusion if by_words else None
            yield Query(text, mode=mode, fusion=fusion, rerank=defaults.rerank if again else 0, use_cache=False)
