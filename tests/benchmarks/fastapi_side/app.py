"""The same search in FastAPI, as its documentation would have it: pydantic models in and out, a cache of results.

Embedder, index and documents are the very objects of our service; run as `python app.py PORT [service flags]` in the
environment `.venv-bench`, which `environment.py` makes.
"""

from __future__ import annotations

import os
import sys
from typing import Literal

import uvicorn
from cachetools import TTLCache
from fastapi import FastAPI
from pydantic import BaseModel, Field

from target_stub.artifacts import Artifacts, cache_folder
from target_stub.preparation import load
from target_stub.reading import read_config

flags = dict(word.removeprefix("--").split("=", 1) for word in sys.argv[2:])
prepared = load(read_config(flags, os.environ), Artifacts(cache_folder(os.environ)))
if prepared is None:
    sys.exit("prepare the corpus first")
collection, embedder = prepared.collection, prepared.embedder
app = FastAPI()


class SearchRequest(BaseModel):
    query: str = Field(min_length=1, max_length=2000)
    k: int = Field(10, ge=1, le=100)
    cache: Literal["use", "bypass"] = "use"


class Result(BaseModel):
    id: str
    score: float
    title: str
    package: str
    kind: str


class SearchAnswer(BaseModel):
    results: list[Result]
    k: int
    corpus: str


cache: TTLCache[tuple[str, int], SearchAnswer] = TTLCache(10_000, 300)


@app.get("/healthz")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/api/search")
async def search(asked: SearchRequest) -> SearchAnswer:
    key = (asked.query, asked.k)
    if asked.cache == "use" and (kept := cache.get(key)) is not None:
        return kept
    found = collection.nearest(embedder.embed([asked.query])[0], asked.k)
    results = []
    for row, score in found:
        document = collection[row]
        results.append(
            Result(
                id=document.id,
                score=round(score, 6),
                title=document.title,
                package=document.package,
                kind=document.kind,
            )
        )
    answer = SearchAnswer(results=results, k=asked.k, corpus=collection.sha256)
    if asked.cache == "use":
        cache[key] = answer
    return answer


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", http="httptools", log_level="error")
