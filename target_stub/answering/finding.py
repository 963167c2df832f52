"""Finding: the passages that a question is answered from, by the service's own search."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from target_stub.answering.passage import Passage
from target_stub.answering.question import Question
from target_stub.answering.writing import Find
from target_stub.query import Query
from target_stub.search import Search
from target_stub.search_request import Defaults
from target_stub.service import Service


def finder(service: Service, search: Search) -> Find:
    """Return what finds passages as a search by hand would, its caches, faults and metrics included.

    By words and vectors together, which finds more than either alone (docs/quality.md); by vectors where words are off.
    """
    by_words = search.collection.keywords is not None
    mode, fusion = ("hybrid", Defaults.of(service.config).fusion) if by_words else ("vector", None)

    async def find(question: Question, k: int) -> Sequence[Passage]:
        faults = service.faults.now
        use_cache = question.use_cache and (faults is None or not faults.wanted.cache_off)
        asked = Query(question.text, k=k, mode=mode, fusion=fusion, use_cache=use_cache, user=question.user)
        answer = await search.answer(asked)
        service.searched(answer)
        body = answer.body if faults is None else faults.lose(answer.body, search.collection)
        passages: list[Passage] = []
        for result in orjson.loads(body)["results"]:
            document = search.collection.get(result["id"])
            if document is not None:  # it may be gone since
                number = len(passages) + 1
                passages.append(Passage(number, document.id, document.title, document.text, result["score"]))
        return passages

    return find
